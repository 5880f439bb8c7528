// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import PackagePlugin

/// Digests the sources that decide how weights are packed, so that plans of other kernels are known.
@main
struct KernelDigest: BuildToolPlugin {
    private static let folders = ["Sources/CApusKernels", "Sources/ApusKernels", "Sources/ApusExecution/CPU"]

    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let root = context.package.directoryURL
        var sources: [URL] = []
        for folder in KernelDigest.folders {
            let url = root.appending(path: folder)
            let files = FileManager.default.enumerator(at: url, includingPropertiesForKeys: nil)
            while let file = files?.nextObject() as? URL {
                if ["swift", "c", "h", "inc", "def"].contains(file.pathExtension) { sources.append(file) }
            }
        }
        sources.sort { $0.path < $1.path }
        let output = context.pluginWorkDirectoryURL.appending(path: "KernelSources.swift")
        return [
            .buildCommand(
                displayName: "Digesting kernels",
                executable: try context.tool(named: "KernelDigestGenerator").url,
                arguments: [output.path] + sources.map(\.path),
                inputFiles: sources,
                outputFiles: [output])
        ]
    }
}
