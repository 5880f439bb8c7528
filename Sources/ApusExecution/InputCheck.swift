// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

/// Compares what a caller hands in with what the model declares.
enum InputCheck {
    /// Checks kind, element type, rank and every declared size.
    ///
    /// - Throws: ``RunError`` with expected and actual.
    static func check(_ datum: Datum, for value: Value) throws(RunError) {
        guard case .tensor(let elementType, let dimensions) = value.type else { return }
        guard case .tensor(let tensor) = datum else {
            throw RunError(.elementType("input '\(value.name)' is no tensor, expected \(value.type)"))
        }
        guard tensor.elementType == elementType else {
            throw RunError(.elementType("input '\(value.name)' is \(tensor), expected \(value.type)"))
        }
        guard let dimensions else { return }
        let fits =
            dimensions.count == tensor.shape.rank
            && zip(dimensions, tensor.shape).allSatisfy { $0.value == nil || $0.value == $1 }
        guard fits else { throw RunError(.shape("input '\(value.name)' is \(tensor), expected \(value.type)")) }
    }
}
