// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusConformance
import ApusExecution
import ApusKernels
import ArgumentParser

/// Runs folders of ONNX backend test cases.
struct Conformance: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs folders of ONNX backend test cases and prints the scoreboard by operator.")

    @Argument(help: "Folders that hold cases at any depth.")
    var folders: [String]

    @Option(help: "Compile as far as: imported, simplified, lowered.")
    var stage: [String] = ["imported"]

    @Option(help: "Instruction sets: scalar, avx2, avx512, neon. The best one when left out.")
    var isa: [String] = []

    @Option(help: "Only cases whose name contains this.")
    var filter: String?

    @Flag(help: "Print the table by operator.")
    var table = false

    func run() throws {
        let instructionSets = isa.isEmpty ? [InstructionSet.best] : isa.compactMap { InstructionSet(rawValue: $0) }
        var failed = 0
        for stage in stage.compactMap({ Stage(rawValue: $0) }) {
            for instructionSet in instructionSets {
                let options = PlanOptions(
                    workers: WorkerPool(threadCount: 1), instructionSet: instructionSet,
                    catalogue: Compiler.catalogue)
                let runner = ConformanceRunner(backend: CPUBackend(), stage: stage, options: options)
                var board = Scoreboard()
                for folder in folders {
                    for found in try ConformanceCase.find(under: folder)
                    where filter.map({ found.name.contains($0) }) ?? true {
                        board.add(runner.run(found))
                    }
                }
                print("stage \(stage.rawValue), \(instructionSet.rawValue)")
                print(board.text(operators: table))
                failed += board.total.failed
            }
        }
        if failed > 0 { throw ExitCode(1) }
    }
}
