// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import PackagePlugin

/// Lists the files of the operator folders, so that adding an operator is adding its file.
@main
struct OperatorCatalogue: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        guard let module = target as? SwiftSourceModuleTarget else { return [] }
        let operators = module.sourceFiles(withSuffix: "swift").map(\.url).filter { url in
            let folder = url.deletingLastPathComponent()
            let isSupport = (folder.path + "/").hasPrefix(module.directoryURL.path + "/Support/")
            return !isSupport && folder.path != module.directoryURL.path
        }.sorted { $0.path < $1.path }
        let output = context.pluginWorkDirectoryURL.appending(path: "StandardOperators.swift")
        return [
            .buildCommand(
                displayName: "Listing operators",
                executable: try context.tool(named: "OperatorCatalogueGenerator").url,
                arguments: [output.path] + operators.map(\.path),
                inputFiles: operators,
                outputFiles: [output])
        ]
    }
}
