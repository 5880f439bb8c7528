// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusFormats
import ArgumentParser

/// Prints completion scripts.
struct Completions: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints a completion script for a shell.",
        discussion: "For example: apus completions bash > /etc/bash_completion.d/apus")

    @Argument(help: "The shell: bash, zsh or fish.")
    var shell: String

    @Flag(help: "Print the script within a JSON object.")
    var json = false

    func validate() throws {
        guard CompletionShell(rawValue: shell) != nil else {
            throw ValidationError("there is no script for '\(shell)'; there are bash, zsh and fish")
        }
    }

    func run() throws {
        guard let kind = CompletionShell(rawValue: shell) else { return }
        let script = ApusTool.completionScript(for: kind)
        print(json ? JSONValue.object(["shell": .string(shell), "script": .string(script)]).text() : script)
    }
}
