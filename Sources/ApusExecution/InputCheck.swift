// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

/// What a model declares an input to be, ready to be compared with what a caller hands in.
struct InputCheck: Sendable {
    private let value: Value
    private let elementType: ElementType?
    /// The declared sizes, nil for those that may be anything.
    private let sizes: [Int?]?

    init(_ value: Value) {
        self.value = value
        elementType = value.type.elementType
        sizes = value.type.dimensions?.map(\.value)
    }

    /// Checks kind, element type, rank and every declared size.
    ///
    /// - Throws: ``RunError`` with expected and actual.
    func check(_ datum: Datum) throws(RunError) {
        guard let elementType else { return }
        guard case .tensor(let tensor) = datum else {
            throw RunError(.elementType("input '\(value.name)' is no tensor, expected \(value.type)"))
        }
        guard tensor.elementType == elementType else {
            throw RunError(.elementType("input '\(value.name)' is \(tensor), expected \(value.type)"))
        }
        guard let sizes else { return }
        var fits = sizes.count == tensor.shape.rank
        for axis in sizes.indices where fits {
            if let size = sizes[axis] { fits = size == tensor.shape[axis] }
        }
        guard fits else { throw RunError(.shape("input '\(value.name)' is \(tensor), expected \(value.type)")) }
    }
}
