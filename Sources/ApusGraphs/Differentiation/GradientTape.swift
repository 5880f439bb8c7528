// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// The nodes of a derivative as they are written, and the gradients found so far.
package struct GradientTape {
    package private(set) var nodes: [Node] = []
    package private(set) var constants: [String: Tensor] = [:]
    private var contributions: [String: [String]] = [:]
    private let active: Set<String>
    private let types: [String: ValueType]
    private let names: NameSource
    private let catalogue: Catalogue
    private let opset: Int

    /// A tape that finds gradients of the active values.
    init(active: Set<String>, types: [String: ValueType], names: NameSource, catalogue: Catalogue, opset: Int) {
        self.active = active
        self.types = types
        self.names = names
        self.catalogue = catalogue
        self.opset = Swift.max(opset, GradientTape.leastOpset)
    }

    /// The operator set that has every operator derivatives are written with.
    private static let leastOpset = 18

    /// What is known of a value of the graph that is differentiated.
    package func dimensions(of name: String) -> [Dimension]? { types[name]?.dimensions }

    /// Whether anybody asks for the gradient of the node's input.
    package func wants(_ node: Node, _ index: Int) -> Bool {
        index < node.inputs.count && active.contains(node.inputs[index])
    }

    /// The gradient of a value, nil where nothing depends on it.
    package mutating func gradient(of name: String) throws(ComputeError) -> String? {
        guard let parts = contributions[name], let first = parts.first else { return nil }
        guard parts.count > 1 else { return first }
        let sum = try add("Sum", parts)
        contributions[name] = [sum]
        return sum
    }

    /// The gradient of a node's first output; 0 where nothing depends on it.
    package mutating func gradient(of node: Node, output: Int = 0) throws(ComputeError) -> String {
        let name = node.outputs[output]
        if let gradient = try gradient(of: name) { return gradient }
        return try filled(0, like: name)
    }

    /// Adds to the gradient of an input a value of the input's shape.
    package mutating func accumulate(_ gradient: String, _ node: Node, _ index: Int) {
        guard wants(node, index) else { return }
        contributions[node.inputs[index], default: []].append(gradient)
    }

    /// Begins with a gradient of a value.
    mutating func seed(_ name: String, _ gradient: String) { contributions[name, default: []].append(gradient) }

    /// Adds a node and returns its outputs.
    package mutating func add(
        _ operatorName: String, _ inputs: [String], outputs count: Int, _ attributes: [String: Attribute] = [:]
    ) throws(ComputeError) -> [String] {
        let outputs = (0..<count).map { _ in names.fresh("gradient") }
        var node = Node(operatorName, opset: opset, inputs: inputs, outputs: outputs, attributes: attributes)
        try catalogue.resolve(&node)
        nodes.append(node)
        return outputs
    }

    /// Adds a node and returns its output.
    package mutating func add(
        _ operatorName: String, _ inputs: [String], _ attributes: [String: Attribute] = [:]
    ) throws(ComputeError) -> String {
        try add(operatorName, inputs, outputs: 1, attributes)[0]
    }

    /// Adds a node of an operator's old version with a node's inputs and outputs of new names.
    package mutating func repeating(_ node: Node, inputs: [String]) throws(ComputeError) -> [String] {
        var copy = node
        copy.name = ""
        copy.inputs = inputs
        copy.outputs = node.outputs.map { $0.isEmpty ? "" : names.fresh("gradient") }
        try catalogue.resolve(&copy)
        nodes.append(copy)
        return copy.outputs
    }

    /// Adds a node that makes a value of a name.
    mutating func define(_ name: String, as source: String) throws(ComputeError) {
        var node = Node("Identity", opset: opset, inputs: [source], outputs: [name])
        try catalogue.resolve(&node)
        nodes.append(node)
    }

    /// A constant of integers.
    package mutating func integers(_ values: [Int64], isScalar: Bool = false) throws(ComputeError) -> String {
        let name = names.fresh("gradient_integers")
        constants[name] = try Tensor(values, shape: isScalar ? [] : [values.count])
        return name
    }

    /// A number of the element type of another value.
    package mutating func number(_ value: Double, like other: String) throws(ComputeError) -> String {
        let name = names.fresh("gradient_number")
        constants[name] = try Tensor(scalar: Float(value))
        return try add("CastLike", [name, other])
    }

    /// A tensor of one number in the shape and element type of another value.
    package mutating func filled(_ value: Float, like other: String) throws(ComputeError) -> String {
        let shape = try add("Shape", [other])
        let filled = try add("ConstantOfShape", [shape], ["value": .tensor(try Tensor([value], shape: [1]))])
        return try add("CastLike", [filled, other])
    }

    /// The value in the shape of another.
    package mutating func reshaped(_ value: String, like other: String) throws(ComputeError) -> String {
        try add("Reshape", [value, try add("Shape", [other])], ["allowzero": .integer(1)])
    }
}

extension GradientTape {
    /// Adds to the gradient of an input a value that broadcasting made of it, summed back to the input's shape.
    package mutating func accumulate(
        summing gradient: String, of dimensions: [Dimension]?, _ node: Node, _ index: Int
    ) throws(ComputeError) {
        guard wants(node, index) else { return }
        let input = node.inputs[index]
        accumulate(try summed(gradient, of: dimensions, like: input), node, index)
    }

    private mutating func summed(
        _ gradient: String, of dimensions: [Dimension]?, like input: String
    ) throws(ComputeError) -> String {
        if let dimensions, let target = self.dimensions(of: input), dimensions.count >= target.count {
            let missing = dimensions.count - target.count
            var axes = (0..<missing).map { Int64($0) }
            var isKnown = true
            for (axis, size) in target.enumerated() {
                let other = dimensions[missing + axis]
                if size.value == 1 && other.value != 1 { axes.append(Int64(missing + axis)) }
                if size.value == nil && (size.isUnknown || size != other) { isKnown = false }
            }
            if isKnown {
                if axes.isEmpty { return gradient }
                let sum = try add("ReduceSum", [gradient, try integers(axes)], ["keepdims": .integer(1)])
                return missing == 0 ? sum : try reshaped(sum, like: input)
            }
        }
        return try summedAtRun(gradient, like: input)
    }

    /// Finds the axes to sum over from the sizes at run time.
    private mutating func summedAtRun(_ gradient: String, like input: String) throws(ComputeError) -> String {
        let sizes = try add("Shape", [gradient])
        let target = try add("Shape", [input])
        let missing = try add("Sub", [try add("Size", [sizes]), try add("Size", [target])])
        let count = try add("Reshape", [missing, try integers([1])])
        let ones = try add("Expand", [try integers([1]), count])
        let padded = try add("Concat", [ones, target], ["axis": .integer(0)])
        let differs = try add("Not", [try add("Equal", [sizes, padded])])
        let axes = try add("Reshape", [try add("NonZero", [differs]), try integers([-1])])
        let sum = try add(
            "ReduceSum", [gradient, axes], ["keepdims": .integer(1), "noop_with_empty_axes": .integer(1)])
        return try add("Reshape", [sum, target], ["allowzero": .integer(1)])
    }
}
