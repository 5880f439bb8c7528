// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusTensors

extension Patch {
    /// Puts a lowered node in the place of another, keeping its name and outputs.
    mutating func lower(
        _ position: Int, _ node: Node, to operatorName: String, inputs: [String], attributes: [String: Attribute]
    ) throws(ComputeError) {
        try replace(
            position,
            with: Node(
                operatorName, domain: PackedWeights.domain, opset: 1, name: node.name, inputs: inputs,
                outputs: node.outputs, attributes: attributes))
    }

    /// Makes the second of two nodes the place where both happen: the first goes, the fused one makes the second's
    /// output.
    mutating func fuse(_ first: Int, into second: Int, _ fused: Node) throws(ComputeError) {
        try replace(second, with: fused)
        remove(first)
    }
}

extension Node {
    /// Whether this is the lowered operator of the name.
    func isLowered(_ name: String) -> Bool { domain == PackedWeights.domain && operatorName == name }

    /// The input of the index, or the empty string.
    func input(_ index: Int) -> String { index < inputs.count ? inputs[index] : "" }

    /// The same node with another input at the index, absent ones filled in before it.
    func settingInput(_ index: Int, _ name: String) -> Node {
        var result = self
        while result.inputs.count <= index { result.inputs.append("") }
        result.inputs[index] = name
        return result
    }

    /// The same node with further attributes, to be resolved again.
    func adding(_ attributes: [String: Attribute], outputs: [String]? = nil) -> Node {
        var result = self
        for (name, attribute) in attributes { result.setAttribute(name, attribute) }
        if let outputs { result.outputs = outputs }
        result.operation = nil
        return result
    }

    /// The integer attribute, or nil.
    func integer(_ name: String) -> Int? {
        if case .integer(let value) = attributes[name] { Int(value) } else { nil }
    }

    /// The string attribute, or nil.
    func string(_ name: String) -> String? {
        if case .string(let value) = attributes[name] { value } else { nil }
    }
}

extension Attribute {
    static func integer(_ value: Int) -> Attribute { .integer(Int64(value)) }
    static func integers(_ values: [Int]) -> Attribute { .integers(values.map { Int64($0) }) }
}

extension GraphIndex {
    /// The one number a constant holds, for `f32` constants of one element.
    func scalarFloat(_ name: String) -> Float? {
        guard let tensor = constant(name), tensor.elementType == .float32, tensor.elementCount == 1 else { return nil }
        return (try? tensor.array(of: Float.self))?.first
    }

    /// The one number a constant of an integer type holds.
    func scalarInteger(_ name: String) -> Int? {
        guard let tensor = constant(name), tensor.elementCount == 1 else { return nil }
        return try? tensor.scalarInteger()
    }

    /// The bias of a `Gemm`, empty where there is none, nil where an epilogue cannot add it.
    func gemmBias(_ node: Node, columns: Int) -> String? {
        let name = node.input(2)
        if name.isEmpty { return "" }
        if case .float(let beta) = node.attributes["beta"], beta != 1 { return nil }
        let sizes = dimensions(of: name)?.map(\.value)
        return sizes == [columns] || sizes == [1, columns] ? name : nil
    }
}
