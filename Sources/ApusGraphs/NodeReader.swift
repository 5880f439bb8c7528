// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

public import ApusTensors

/// Reads a node's attributes by name and type while its operator is made.
public struct NodeReader: Sendable {
    /// The node.
    public let node: Node

    /// Reads the given node.
    public init(_ node: Node) { self.node = node }

    /// The version of the node's operator set.
    public var opset: Int { node.opset }
    /// The number of inputs written, absent ones in between included.
    public var inputCount: Int { node.inputs.count }
    /// The number of outputs written, unwanted ones in between included.
    public var outputCount: Int { node.outputs.count }
    /// Whether the input is written and not empty.
    public func hasInput(_ index: Int) -> Bool { index < node.inputs.count && !node.inputs[index].isEmpty }
    /// Whether the output is written and not empty.
    public func hasOutput(_ index: Int) -> Bool { index < node.outputs.count && !node.outputs[index].isEmpty }
    /// Whether the attribute is there.
    public func has(_ name: String) -> Bool { node.attributes[name] != nil }

    private func wrongKind(_ name: String, _ expected: String) -> ComputeError {
        .attribute("attribute '\(name)' is not \(expected)")
    }
    private func missing(_ name: String) -> ComputeError { .attribute("attribute '\(name)' is missing") }

    /// An integer, or nil where the attribute is absent.
    ///
    /// - Throws: ``ComputeError`` with code `attribute` when it is of another kind.
    public func optionalInteger(_ name: String) throws(ComputeError) -> Int? {
        guard let attribute = node.attributes[name] else { return nil }
        guard case .integer(let value) = attribute else { throw wrongKind(name, "an integer") }
        return Int(value)
    }
    /// An integer with a default.
    ///
    /// - Throws: ``ComputeError`` with code `attribute` when it is of another kind.
    public func integer(_ name: String, default value: Int) throws(ComputeError) -> Int {
        try optionalInteger(name) ?? value
    }
    /// A required integer.
    ///
    /// - Throws: ``ComputeError`` with code `attribute` when it is missing or of another kind.
    public func integer(_ name: String) throws(ComputeError) -> Int {
        guard let value = try optionalInteger(name) else { throw missing(name) }
        return value
    }
    /// An integer read as a truth value.
    ///
    /// - Throws: ``ComputeError`` with code `attribute` when it is of another kind.
    public func flag(_ name: String, default value: Bool = false) throws(ComputeError) -> Bool {
        try integer(name, default: value ? 1 : 0) != 0
    }
    /// A list of integers, or nil where the attribute is absent.
    ///
    /// - Throws: ``ComputeError`` with code `attribute` when it is of another kind.
    public func optionalIntegers(_ name: String) throws(ComputeError) -> [Int]? {
        guard let attribute = node.attributes[name] else { return nil }
        guard case .integers(let values) = attribute else { throw wrongKind(name, "a list of integers") }
        return values.map { Int($0) }
    }
    /// A list of integers with a default.
    ///
    /// - Throws: ``ComputeError`` with code `attribute` when it is of another kind.
    public func integers(_ name: String, default values: [Int] = []) throws(ComputeError) -> [Int] {
        try optionalIntegers(name) ?? values
    }
    /// A float, or nil where the attribute is absent.
    ///
    /// - Throws: ``ComputeError`` with code `attribute` when it is of another kind.
    public func optionalFloat(_ name: String) throws(ComputeError) -> Float? {
        guard let attribute = node.attributes[name] else { return nil }
        guard case .float(let value) = attribute else { throw wrongKind(name, "a float") }
        return value
    }
    /// A float with a default.
    ///
    /// - Throws: ``ComputeError`` with code `attribute` when it is of another kind.
    public func float(_ name: String, default value: Float) throws(ComputeError) -> Float {
        try optionalFloat(name) ?? value
    }
    /// A list of floats, or nil where the attribute is absent.
    ///
    /// - Throws: ``ComputeError`` with code `attribute` when it is of another kind.
    public func optionalFloats(_ name: String) throws(ComputeError) -> [Float]? {
        guard let attribute = node.attributes[name] else { return nil }
        guard case .floats(let values) = attribute else { throw wrongKind(name, "a list of floats") }
        return values
    }
    /// A list of floats with a default.
    ///
    /// - Throws: ``ComputeError`` with code `attribute` when it is of another kind.
    public func floats(_ name: String, default values: [Float] = []) throws(ComputeError) -> [Float] {
        try optionalFloats(name) ?? values
    }
    /// A string, or nil where the attribute is absent.
    ///
    /// - Throws: ``ComputeError`` with code `attribute` when it is of another kind.
    public func optionalString(_ name: String) throws(ComputeError) -> String? {
        guard let attribute = node.attributes[name] else { return nil }
        guard case .string(let value) = attribute else { throw wrongKind(name, "a string") }
        return value
    }
    /// A string with a default.
    ///
    /// - Throws: ``ComputeError`` with code `attribute` when it is of another kind.
    public func string(_ name: String, default value: String) throws(ComputeError) -> String {
        try optionalString(name) ?? value
    }
    /// A list of strings, or nil where the attribute is absent.
    ///
    /// - Throws: ``ComputeError`` with code `attribute` when it is of another kind.
    public func optionalStrings(_ name: String) throws(ComputeError) -> [String]? {
        guard let attribute = node.attributes[name] else { return nil }
        guard case .strings(let values) = attribute else { throw wrongKind(name, "a list of strings") }
        return values
    }
    /// A list of strings with a default.
    ///
    /// - Throws: ``ComputeError`` with code `attribute` when it is of another kind.
    public func strings(_ name: String, default values: [String] = []) throws(ComputeError) -> [String] {
        try optionalStrings(name) ?? values
    }
    /// A tensor, or nil where the attribute is absent.
    ///
    /// - Throws: ``ComputeError`` with code `attribute` when it is of another kind.
    public func optionalTensor(_ name: String) throws(ComputeError) -> Tensor? {
        guard let attribute = node.attributes[name] else { return nil }
        guard case .tensor(let value) = attribute else { throw wrongKind(name, "a tensor") }
        return value
    }
    /// A required subgraph.
    ///
    /// - Throws: ``ComputeError`` with code `attribute` when it is missing or of another kind.
    public func graph(_ name: String) throws(ComputeError) -> Graph {
        guard let attribute = node.attributes[name] else { throw missing(name) }
        guard case .graph(let value) = attribute else { throw wrongKind(name, "a graph") }
        return value
    }
    /// A value type, or nil where the attribute is absent.
    ///
    /// - Throws: ``ComputeError`` with code `attribute` when it is of another kind.
    public func optionalType(_ name: String) throws(ComputeError) -> ValueType? {
        guard let attribute = node.attributes[name] else { return nil }
        guard case .type(let value) = attribute else { throw wrongKind(name, "a type") }
        return value
    }
    /// An element type given by its ONNX number, or nil where the attribute is absent.
    ///
    /// - Throws: ``ComputeError`` with code `attribute` when it is of another kind or no element type.
    public func optionalElementType(_ name: String) throws(ComputeError) -> ElementType? {
        guard let number = try optionalInteger(name) else { return nil }
        guard let raw = UInt8(exactly: number), let type = ElementType(rawValue: raw) else {
            throw .attribute("attribute '\(name)': \(number) is no element type")
        }
        return type
    }
    /// An element type with a default.
    ///
    /// - Throws: ``ComputeError`` with code `attribute` when it is of another kind or no element type.
    public func elementType(_ name: String, default type: ElementType) throws(ComputeError) -> ElementType {
        try optionalElementType(name) ?? type
    }
    /// One of a fixed set of words with a default.
    ///
    /// - Throws: ``ComputeError`` with code `attribute` when it is of another kind or none of the choices.
    public func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, default value: Choice
    ) throws(ComputeError) -> Choice {
        guard let text = try optionalString(name) else { return value }
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw .attribute("attribute '\(name)' is '\(text)', expected one of \(known)")
        }
        return choice
    }
}
