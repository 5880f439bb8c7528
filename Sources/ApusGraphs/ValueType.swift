// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

public import ApusTensors

/// What is known of a value before the graph runs.
public indirect enum ValueType: Hashable, Sendable, CustomStringConvertible {
    /// A tensor of an element type and, where known, a rank and sizes.
    case tensor(ElementType, [Dimension]?)
    /// A sequence of values of one type.
    case sequence(ValueType)
    /// A value that may be absent.
    case optional(ValueType)
    /// A map from keys of an element type.
    case map(ElementType, ValueType)
    /// Nothing is known.
    case unknown

    /// The element type, for a tensor.
    public var elementType: ElementType? {
        if case .tensor(let elementType, _) = self { elementType } else { nil }
    }

    /// The sizes, for a tensor of known rank.
    public var dimensions: [Dimension]? {
        if case .tensor(_, let dimensions) = self { dimensions } else { nil }
    }

    /// The shape, for a tensor whose sizes are all numbers.
    public var shape: Shape? {
        guard let dimensions else { return nil }
        var sizes: [Int] = []
        for dimension in dimensions {
            guard let size = dimension.value else { return nil }
            sizes.append(size)
        }
        return Shape(sizes)
    }

    /// The type as graph text, such as `f32[N, 3]` or `seq(i64[?])`.
    public var description: String {
        switch self {
        case .tensor(let elementType, let dimensions):
            elementType.name + (dimensions.map { "[" + $0.map(\.description).joined(separator: ", ") + "]" } ?? "[...]")
        case .sequence(let element): "seq(\(element))"
        case .optional(let element): "optional(\(element))"
        case .map(let key, let value): "map(\(key.name), \(value))"
        case .unknown: "?"
        }
    }
}

/// What inference knows of a value: its type and, for small integer tensors, its contents.
public struct InferredValue: Sendable {
    /// The type.
    public var type: ValueType
    /// The value itself, when it does not depend on the inputs.
    public var constant: Tensor?
    /// The elements of an integer tensor of rank 0 or 1 as expressions (shape arithmetic).
    public var elements: [Dimension]?

    /// Makes a fact about a value.
    public init(_ type: ValueType, constant: Tensor? = nil, elements: [Dimension]? = nil) {
        self.type = type
        self.constant = constant
        self.elements = elements
    }

    /// A tensor of known element type and, where given, sizes.
    public static func tensor(_ elementType: ElementType, _ dimensions: [Dimension]?) -> InferredValue {
        InferredValue(.tensor(elementType, dimensions))
    }

    /// Nothing is known.
    public static var unknown: InferredValue { InferredValue(.unknown) }
}
