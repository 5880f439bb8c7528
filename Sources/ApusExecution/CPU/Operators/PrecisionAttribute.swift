// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusTensors

/// What packed weights hold: the attribute `precision`, absent for `f32`.
extension Precision {
    /// Reads the attribute after a prefix.
    ///
    /// - Throws: ``ComputeError`` with code `attribute` for a name that is none.
    init(_ node: NodeReader, prefix: String = "") throws(ComputeError) {
        let name = try node.string(prefix + "precision", default: Self.f32.rawValue)
        guard let precision = Self(rawValue: name) else { throw .attribute("attribute 'precision' is '\(name)'") }
        self = precision
    }

    /// The attribute that reads back as this.
    var attributes: [String: Attribute] { self == .f32 ? [:] : ["precision": .string(rawValue)] }
}
