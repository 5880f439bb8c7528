// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// What a model takes and gives.
public struct Signature: Hashable, Sendable, CustomStringConvertible {
    /// The values to hand in, in the model's order.
    public var inputs: [Port]
    /// The values handed out, in the model's order.
    public var outputs: [Port]

    /// One value of a model.
    public struct Port: Hashable, Sendable, CustomStringConvertible {
        /// The name.
        public var name: String
        /// The element type, or nil for a sequence, a map or an unknown type.
        public var elementType: ElementType?
        /// The sizes, outermost first, or nil where not even their number is known.
        public var sizes: [Size]?
        /// The type in words, such as `f32[N, 3, 224, 224]`.
        public var type: String

        /// Name and type, such as `input: f32[N, 3, 224, 224]`.
        public var description: String { "\(name): \(type)" }

        /// The shape, where every size is a number.
        public var shape: Shape? {
            guard let sizes else { return nil }
            let numbers = sizes.compactMap(\.number)
            return numbers.count == sizes.count ? Shape(numbers) : nil
        }
    }

    /// One dimension of a value.
    public enum Size: Hashable, Sendable, CustomStringConvertible {
        /// A size that is always the same.
        case fixed(Int)
        /// A size with a name or an expression; equal names are equal sizes.
        case named(String)
        /// A size nothing is known of.
        case unknown

        /// The number, for a fixed size.
        public var number: Int? {
            if case .fixed(let number) = self { number } else { nil }
        }

        /// The number, the name, or `?`.
        public var description: String {
            switch self {
            case .fixed(let number): String(number)
            case .named(let name): name
            case .unknown: "?"
            }
        }
    }

    /// The input of the given name.
    public func input(_ name: String) -> Port? { inputs.first { $0.name == name } }

    /// The output of the given name.
    public func output(_ name: String) -> Port? { outputs.first { $0.name == name } }

    /// Inputs and outputs as `(a: f32[N]) -> (b: f32[N])`.
    public var description: String {
        let (left, right) = (inputs.map(\.description), outputs.map(\.description))
        return "(\(left.joined(separator: ", "))) -> (\(right.joined(separator: ", ")))"
    }
}

extension Signature.Port {
    package init(_ value: Value) {
        name = value.name
        elementType = value.type.elementType
        type = value.type.description
        sizes = value.type.dimensions?.map { dimension in
            if let number = dimension.value { return .fixed(number) }
            return dimension.isUnknown ? .unknown : .named(dimension.description)
        }
    }
}
