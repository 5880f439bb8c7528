// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusConformance
import ApusExecution
import ApusFormats
import ApusKernels
import ArgumentParser

/// Runs folders of ONNX backend test cases.
struct Conformance: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs folders of ONNX backend test cases and prints the scoreboard by operator.",
        discussion: """
            A case is a folder with model.onnx and test_data_set_* folders of input_*.pb and output_*.pb. Every case \
            runs at every stage and on every instruction set asked for; a foreign backend runs the stages that are \
            ONNX. When a foreign library ends the process, standard error names the case. Exit codes: 0 all passed, \
            2 a case failed or fewer than --least passed.
            """)

    @Argument(help: "Folders that hold cases at any depth.", completion: .directory)
    var folders: [String]

    @Option(help: "How far to compile; repeatable, every stage when left out.")
    var stage: [ConformanceStage] = []

    @Option(help: "Machine instructions; repeatable, the best when left out.")
    var isa: [InstructionSet] = []

    @Option(help: ArgumentHelp("Who runs the cases.", valueName: "name"))
    var backend: Backends = .cpu

    @Option(help: ArgumentHelp("The shared library of a foreign backend.", valueName: "file"))
    var library: String?

    @Option(help: ArgumentHelp("Only cases whose name contains this.", valueName: "text"))
    var filter: String?

    @Option(help: ArgumentHelp("Threads for one run.", valueName: "count"))
    var threads = 1

    @Option(help: ArgumentHelp("Fail unless this many cases pass in every combination.", valueName: "count"))
    var least = 0

    @Option(
        help: ArgumentHelp(
            "Leave out the cases this file names, in lines NAME: REASON; repeatable.", valueName: "file"),
        completion: .file())
    var skips: [String] = []

    @Flag(help: "Leave out the table by operator.")
    var brief = false

    @Flag(help: "Print the boards as JSON.")
    var json = false

    func validate() throws {
        guard (1...1024).contains(threads), least >= 0 else {
            throw ValidationError("--threads takes 1 to 1024, --least 0 or more")
        }
        if backend.isForeign, !stage.allSatisfy(\.isPortable) || !isa.isEmpty {
            throw ValidationError("\(backend.rawValue) runs no lowered graphs and chooses instructions itself")
        }
        for set in isa where !set.isPresent { throw ValidationError("this machine has no \(set.rawValue)") }
    }

    func run() throws {
        try reporting(json: json) {
            let cases = try folders.flatMap { try ConformanceCase.find(under: $0) }.filter { found in
                filter.map { found.name.contains($0) } ?? true
            }
            guard !cases.isEmpty else { throw Failure("no case in \(folders.joined(separator: ", "))") }
            var skips = Skips()
            for path in self.skips {
                skips.merge(try Skips(parsing: String(decoding: try FileBytes.read(path), as: UTF8.self)))
            }
            var boards: [(title: String, board: Scoreboard)] = []
            let stages = ConformanceStage.allCases.filter { !backend.isForeign || $0.isPortable }
            for stage in stage.isEmpty ? stages : stage {
                for instructionSet in isa.isEmpty ? [.best] : isa {
                    let title =
                        "\(backend.rawValue), \(stage.rawValue)"
                        + (backend.isForeign ? "" : ", \(instructionSet.rawValue)")
                    let board = try run(cases, skips, stage, instructionSet, title)
                    boards.append((title, board))
                    if !json { print(ScoreboardReport(title, board).text(hasTable: !brief)) }
                }
            }
            if json {
                print(JSONValue.array(boards.map { ScoreboardReport($0.title, $0.board).json }).text(isIndented: true))
            }
            guard boards.allSatisfy({ $0.board.total.failed == 0 && $0.board.total.passed >= least }) else {
                throw Exit.difference
            }
        }
    }

    private func run(
        _ cases: [ConformanceCase], _ skips: Skips, _ stage: ConformanceStage, _ instructionSet: InstructionSet,
        _ title: String
    ) throws -> Scoreboard {
        let options = PlanOptions(
            workers: WorkerPool(threadCount: threads), instructionSet: instructionSet, catalogue: Compiler.catalogue)
        if backend.isForeign { CrashNote.set("loaded \(backend.rawValue)") }
        let runner = ConformanceRunner(
            backend: try backend.make(library: library), stage: stage, options: options, skips: skips)
        let progress = Progress()
        var board = Scoreboard()
        for (index, found) in cases.enumerated() {
            progress.update("\(title): \(index) of \(cases.count), \(found.name)")
            if backend.isForeign { CrashNote.set("ran \(found.name) at \(title)") }
            board.add(runner.run(found))
        }
        progress.finish()
        return board
    }
}
