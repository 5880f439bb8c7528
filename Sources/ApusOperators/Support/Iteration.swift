// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

extension Tensor {
    /// The one element of a bool tensor.
    ///
    /// - Throws: ``ComputeError`` with code `shape` or `elementType`.
    func truth() throws(ComputeError) -> Bool {
        guard elementCount == 1 else { throw .shape("expected one truth value, the tensor is \(self)") }
        return try elements(of: Bool.self)[0]
    }

    /// The slice at an index along an axis, that axis dropped; both must lie inside.
    func slice(_ index: Int, axis: Int, in context: EvaluationContext) throws(ComputeError) -> Tensor {
        var shape = shape
        shape.dimensions.remove(at: axis)
        return try Split.part(self, axis, index..<(index + 1), in: context).reshaped(to: shape)
    }

    /// Tensors of one shape put together along a new axis.
    ///
    /// - Throws: ``ComputeError`` with code `shape` when shapes differ or the axis is outside.
    static func stack(_ parts: [Tensor], axis: Int, in context: EvaluationContext) throws(ComputeError) -> Tensor {
        guard let first = parts.first else { throw .value("nothing to stack") }
        let axis = try normalizedAxis(axis, rank: first.shape.rank + 1)
        var shape = first.shape
        shape.dimensions.insert(1, at: axis)
        var widened: [Tensor] = []
        for part in parts {
            guard part.shape == first.shape else { throw .shape("\(first) and \(part) cannot be stacked") }
            widened.append(try part.reshaped(to: shape))
        }
        return try Concat.join(widened, axis: axis, in: context)
    }

    /// What stacking no tensors of a declared type makes; sizes that are not numbers become 0.
    static func emptyStack(
        of declared: ValueType, axis: Int, in context: EvaluationContext
    ) throws(ComputeError) -> Tensor {
        var sizes = (declared.dimensions ?? []).map { max($0.value ?? 0, 0) }
        sizes.insert(0, at: try normalizedAxis(axis, rank: sizes.count + 1))
        return try Canvas(declared.elementType ?? .float32, Shape(sizes), in: context, cleared: true).finish()
    }
}

extension Datum {
    /// The tensor.
    ///
    /// - Throws: ``ComputeError`` with code `elementType` when this is something else.
    func requiredTensor(_ what: String) throws(ComputeError) -> Tensor {
        guard let tensor else { throw .elementType("\(what) is not a tensor") }
        return tensor
    }
}

extension ValueType {
    /// What two declarations of subgraph outputs have in common; only sizes both give as numbers are trusted.
    func declaration(or other: ValueType) -> ValueType {
        switch (self, other) {
        case (.tensor(let type, let sizes), .tensor(let otherType, let otherSizes)) where type == otherType:
            guard let sizes, let otherSizes, sizes.count == otherSizes.count else { return .tensor(type, nil) }
            return .tensor(type, zip(sizes, otherSizes).map { $0.value != nil && $0 == $1 ? $0 : .unknown })
        case (.sequence(let element), .sequence(let otherElement)):
            return .sequence(element.declaration(or: otherElement))
        case (.optional(let element), .optional(let otherElement)):
            return .optional(element.declaration(or: otherElement))
        default: return .unknown
        }
    }

    /// The type of values of this type stacked along a new axis.
    func stacked(axis: Int, length: Dimension) -> ValueType {
        guard let elementType else { return .unknown }
        guard var sizes = dimensions, let axis = try? normalizedAxis(axis, rank: sizes.count + 1) else {
            return .tensor(elementType, nil)
        }
        sizes.insert(length, at: axis)
        return .tensor(elementType, sizes)
    }
}
