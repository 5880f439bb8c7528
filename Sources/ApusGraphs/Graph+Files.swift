// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

extension Graph {
    /// Gives back the memory of the model files that constants lie in; what is read again comes from the file again.
    ///
    /// Worth while where most of the weights were read for the last time, as after packing.
    package func releasePages() {
        var seen: Set<ObjectIdentifier> = []
        for tensor in constants.values where seen.insert(ObjectIdentifier(tensor.storage)).inserted {
            tensor.storage.releasePages()
        }
    }

    /// A file that constants of the graph lie in and that was cut short since; nil while all are whole.
    package var damagedFile: String? {
        guard MappedFile.isAnyDamaged else { return nil }
        for tensor in constants.values { if let path = tensor.storage.damagedFile { return path } }
        for node in nodes {
            for (_, subgraph) in node.subgraphs { if let path = subgraph.damagedFile { return path } }
        }
        return nil
    }
}
