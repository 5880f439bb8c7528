// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusONNX
import ApusOperators
import Glibc

let arguments = CommandLine.arguments
switch arguments.dropFirst().first {
case "load":
    for path in arguments.dropFirst(2) {
        do {
            let model = try ONNXImporter(catalogue: nil).importModel(path: path)
            print("ok \(path) \(model.graph.nodes.count)")
        } catch { print("FAIL \(error)") }
    }
case "copy":
    for path in arguments.dropFirst(3) {
        do {
            let model = try ONNXImporter(catalogue: nil).importModel(path: path)
            let name = path.split(separator: "/").suffix(2).joined(separator: "__")
            try ONNXExporter(properties: model.properties).export(model.graph, to: arguments[2] + "/" + name)
        } catch { print("FAIL \(path) \(error)") }
    }
default: print("usage: apus-fuzz load FILES | copy FOLDER FILES")
}
