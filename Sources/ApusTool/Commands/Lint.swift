// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#if Server
    import Apus
    import ApusFormats
    import ApusServing
    import ArgumentParser

    /// Looks for mistakes in the configurations of models.
    struct Lint: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Looks for mistakes in config.pbtxt files, and says where they are and what to write.",
            discussion: """
                A configuration is held against its model when the model lies beside it. The exit code is 1 when \
                something is wrong.
                """)

        @Argument(help: "A config.pbtxt, a model's folder, or a repository of models.", completion: .file())
        var paths: [String]

        @Flag(help: "Print as JSON.")
        var json = false

        func run() throws {
            try reporting(json: json) {
                var reports: [ConfigurationReport] = []
                for path in paths { reports += try ConfigurationReport.reports(at: path, options: Options()) }
                print(json ? Self.json(reports).text(isIndented: true) : reports.map(Self.text).joined(separator: "\n"))
                if reports.contains(where: { !$0.mistakes.isEmpty }) { throw Exit.failure }
            }
        }

        static func text(_ report: ConfigurationReport) -> String {
            var lines = report.mistakes.map { "error: \($0)" } + report.notes.map { "note: \(report.name): \($0)" }
            if report.mistakes.isEmpty { lines.append("\(report.name): nothing is wrong") }
            return lines.joined(separator: "\n")
        }

        private static func json(_ reports: [ConfigurationReport]) -> JSONValue {
            .array(
                reports.map { report in
                    .object([
                        "name": .string(report.name), "mistakes": .array(report.mistakes.map { .string($0) }),
                        "notes": .array(report.notes.map { .string($0) }),
                    ])
                })
        }
    }
#endif
