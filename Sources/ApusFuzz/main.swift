// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusGraphs
import ApusONNX
import Glibc

// Used by Scripts/fuzz-models:
//   apus-fuzz worker SEED FIRST COUNT PROGRESS FILES   tries mutated models, noting each in the progress file first
//   apus-fuzz make SEED INDEX TARGET FILES             writes one mutated model
//   apus-fuzz try FILES                                tries models as they are
//   apus-fuzz copy FOLDER FILES                        reads and writes models again
//   apus-fuzz lower FOLDER FILES                       writes models as they are lowered for this machine
let arguments = Array(CommandLine.arguments.dropFirst())

func usage() -> Never {
    print("usage: apus-fuzz worker SEED FIRST COUNT PROGRESS FILES | make SEED INDEX TARGET FILES")
    print("       | try FILES | copy FOLDER FILES | lower FOLDER FILES")
    exit(2)
}

func number(_ index: Int) -> Int {
    guard index < arguments.count, let value = Int(arguments[index]) else { usage() }
    return value
}

switch arguments.first {
case "worker":
    guard arguments.count > 5 else { usage() }
    let corpus = Corpus(paths: arguments[5...], seed: UInt64(bitPattern: Int64(number(1))))
    let worker = Worker(corpus: corpus, progress: arguments[4])
    worker.run(number(2)..<number(2) + max(0, number(3)))
case "make":
    guard arguments.count > 4 else { usage() }
    let corpus = Corpus(paths: arguments[4...], seed: UInt64(bitPattern: Int64(number(1))))
    Files.write(corpus.mutant(number(2)), to: arguments[3])
case "try":
    for path in arguments.dropFirst() {
        for seed in 0..<4 as Range<UInt64> {
            print("\(path): \(Trial(bytes: Files.read(path), seed: seed).outcome())")
        }
    }
case "copy":
    guard arguments.count > 2 else { usage() }
    for path in arguments.dropFirst(2) {
        do {
            let model = try ONNXImporter(catalogue: nil).importModel(path: path)
            let name = path.split(separator: "/").suffix(2).joined(separator: "__")
            try ONNXExporter(properties: model.properties).export(model.graph, to: arguments[1] + "/" + name)
        } catch { print("\(path): \(error)") }
    }
case "lower":
    guard arguments.count > 2 else { usage() }
    for path in arguments.dropFirst(2) {
        do {
            let options = Options()
            let model = try ONNXImporter(catalogue: options.catalogue).importModel(path: path)
            let graph = try Model.compiled(model.graph, options: options)
            guard graph.nodes.contains(where: { $0.domain == "apus.cpu" }) else { continue }
            let name = path.split(separator: "/").suffix(2).joined(separator: "__")
            try ONNXExporter(properties: model.properties).export(graph, to: arguments[1] + "/" + name)
        } catch { print("\(path): \(error)") }
    }
default: usage()
}
