// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#if Server
    import Apus
    import ApusServing
    import ArgumentParser

    /// Shows a model's configuration as the server completes it.
    struct Explain: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows how a model would be served: its configuration, completed from the model, and why.")

        @Argument(help: "A model's file or folder, or a repository of models.", completion: .file())
        var path: String

        @Flag(help: "Print the configuration as clients get it, in JSON.")
        var json = false

        @Flag(help: "Do not measure how models without a configuration are best served.")
        var noMeasure = false

        func run() throws {
            try reporting(json: json) {
                let reports = try ConfigurationReport.reports(
                    at: path, options: Options(), benchmark: noMeasure ? nil : SelfBenchmark())
                if let wrong = reports.first(where: { !$0.mistakes.isEmpty }), reports.count == 1 {
                    throw Failure(wrong.mistakes.joined(separator: "\n"))
                }
                if json { return print("[" + reports.compactMap(\.json).joined(separator: ",") + "]") }
                for report in reports {
                    print("# \(report.name)")
                    for line in report.mistakes { print("# error: \(line)") }
                    for line in report.notes { print("# \(line)") }
                    if let text = report.text { print(text) }
                }
            }
        }
    }
#endif
