// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusGraphs
import ArgumentParser

/// The command-line tool.
@main
struct ApusTool: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apus", abstract: "Runs trained models: inspects, compiles, benchmarks and compares them.",
        discussion: """
            Exit codes: 0 success; 1 a model, an input or a run was refused; 2 results differ or conformance cases \
            fail; 64 the command line is wrong.
            """,
        version: Engine.version,
        subcommands: [
            Run.self, Inspect.self, Bench.self, ProfileModel.self, Compare.self, Build.self, Convert.self,
            Conformance.self,
        ] + server + [Completions.self])

    #if Server
        private static let server: [any ParsableCommand.Type] = [Serve.self, Lint.self, Explain.self]
    #else
        private static let server: [any ParsableCommand.Type] = []
    #endif

    static func main() {
        ImageDecoders.register(PictureDecoder())
        main(nil)
    }
}
