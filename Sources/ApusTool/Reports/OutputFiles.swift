// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusFormats
import ApusTensors

/// Results as files.
enum OutputFiles {
    /// Writes every tensor to a .npz archive; the items of a sequence get the name and their position.
    static func write(_ results: [(name: String, datum: Datum)], to path: String) throws {
        var arrays: [NamedArray] = []
        for result in results { append(result.datum, result.name, to: &arrays) }
        try FileBytes.write(try NumpyArchive.encode(arrays), to: path)
    }

    private static func append(_ datum: Datum, _ name: String, to arrays: inout [NamedArray]) {
        switch datum {
        case .tensor(let tensor): arrays.append(NamedArray(name, tensor))
        case .sequence(let items):
            for (index, item) in items.enumerated() { append(item, "\(name).\(index)", to: &arrays) }
        case .map(let map): arrays += [NamedArray(name + ".keys", map.keys), NamedArray(name + ".values", map.values)]
        case .none: break
        }
    }
}
