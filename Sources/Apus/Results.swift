// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// The outputs of one run, in the model's order; tensors share the engine's memory and are never copied.
public struct Results: Sendable, RandomAccessCollection {
    /// An output with its name.
    public struct Element: Sendable {
        /// The name.
        public var name: String
        /// The value: a tensor, or for some models a sequence or a map.
        public var datum: Datum
    }

    private let elements: [Element]

    package init(_ elements: [Element]) { self.elements = elements }

    /// Always 0.
    public var startIndex: Int { 0 }
    /// The number of outputs.
    public var endIndex: Int { elements.count }
    /// The output at a position.
    public subscript(position: Int) -> Element { elements[position] }

    /// The output of the given name, or nil.
    public subscript(name: String) -> Datum? { elements.first { $0.name == name }?.datum }

    /// The tensor of the given name.
    ///
    /// - Throws: ``EngineError`` with code `name`, or `elementType` for a sequence or a map.
    public func tensor(_ name: String) throws(EngineError) -> Tensor {
        guard let datum = self[name] else {
            let names = map { "'\($0.name)'" }.joined(separator: ", ")
            throw EngineError(.name, "there is no output '\(name)'; there are \(names)", value: name)
        }
        guard let tensor = datum.tensor else {
            throw EngineError(.elementType, "output '\(name)' is no tensor", value: name)
        }
        return tensor
    }

    /// The elements of a tensor as an array.
    ///
    /// - Throws: ``EngineError`` with code `name` or `elementType`.
    public func array<Element: TensorElement>(
        _ name: String, of type: Element.Type = Element.self
    ) throws(EngineError) -> [Element] {
        let tensor = try tensor(name)
        do {
            return try tensor.array(of: Element.self)
        } catch {
            throw EngineError(
                .elementType, "output '\(name)' is \(tensor): \(error.message)", value: name, cause: error)
        }
    }
}
