// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The command-line tool.
@main
struct ApusTool: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apus", abstract: "Runs trained models: inspects, compiles, benchmarks and compares them.",
        subcommands: [Conformance.self])
}
