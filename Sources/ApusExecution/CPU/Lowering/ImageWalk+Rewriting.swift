// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusOperators
import ApusTensors

/// Operators that work as well on images with channels last.
extension ImageWalk {
    /// The node as it works on twins, or nil where it cannot.
    mutating func rewriting(_ node: Node, at position: Int, _ patch: inout Patch) throws(ComputeError) -> Node? {
        guard node.subgraphs.isEmpty, let first = node.inputs.first else { return nil }
        let name = node.operatorName
        if node.domain == "com.microsoft", name == "QuickGelu" || name == "Gelu" { return unary(node, first) }
        guard node.domain.isEmpty else { return nil }
        if Self.unary.contains(name) { return unary(node, first) }
        if Self.arithmetic.contains(name) { return try arithmetic(node, at: position, &patch) }
        switch name {
        case "MaxPool", "AveragePool", "GlobalMaxPool", "GlobalAveragePool": return pool(node, first)
        case "Concat": return try concatenation(node, at: position, &patch)
        case "Split": return try moving(node, first, axis: "axis", standard: 0)
        case "Softmax", "LogSoftmax":
            return node.opset >= 13 ? try moving(node, first, axis: "axis", standard: -1) : nil
        case "Slice": return try slice(node, first, &patch)
        case "Resize": return try resize(node, first, &patch)
        case "Pad": return try pad(node, first, &patch)
        case "ReduceMean", "ReduceSum", "ReduceMax": return try reduction(node, first, &patch)
        default: return nil
        }
    }

    /// Operators of one tensor that treat every element alike.
    private static let unary: Set<String> = [
        "Abs", "Celu", "Clip", "Elu", "Erf", "Exp", "Gelu", "HardSigmoid", "HardSwish", "Identity", "LeakyRelu", "Log",
        "Mish", "Neg", "Reciprocal", "Relu", "Selu", "Sigmoid", "Softplus", "Softsign", "Sqrt", "Swish", "Tanh",
        "ThresholdedRelu",
    ]
    /// Operators of broadcasting tensors.
    private static let arithmetic: Set<String> = ["Add", "Sub", "Mul", "Div", "Max", "Min", "Pow", "PRelu"]

    private func unary(_ node: Node, _ first: String) -> Node? {
        twin(first).map { node.settingInput(0, $0) }
    }

    /// Arithmetic with at least one twin; the others are scalars, channels or images.
    private mutating func arithmetic(
        _ node: Node, at position: Int, _ patch: inout Patch
    ) throws(ComputeError) -> Node? {
        guard node.opset >= 7, node.inputs.contains(where: { twin($0) != nil }) else { return nil }
        for name in node.inputs where twin(name) == nil {
            if let tensor = index.constant(name) {
                guard tensor.elementCount == 1 || isChannels(tensor.shape) || tensor.shape.rank == 4 else { return nil }
            } else {
                guard index.dimensions(of: name)?.count == 4 else { return nil }
            }
        }
        var result = node
        for (place, name) in node.inputs.enumerated() {
            if let twin = twin(name) {
                result = result.settingInput(place, twin)
            } else if let tensor = index.constant(name), tensor.shape.rank < 4 {
                // A scalar of higher rank than zero still broadcasts; channels lie along the last axis now.
                guard tensor.elementCount > 1 else { continue }
                let row = try tensor.reshaped(to: Shape([tensor.elementCount]))
                result = result.settingInput(place, patch.addConstant(row, name))
            } else {
                result = result.settingInput(place, try demandTwin(name, before: position, &patch))
            }
        }
        return result
    }

    /// Whether a constant of rank three holds one number for each channel.
    private func isChannels(_ shape: Shape) -> Bool { shape.rank == 3 && shape[1] == 1 && shape[2] == 1 }

    private func pool(_ node: Node, _ first: String) -> Node? {
        guard let twin = twin(first), index.elementType(of: first) == .float32,
            index.dimensions(of: first)?.count == 4, node.outputs.dropFirst().allSatisfy(\.isEmpty)
        else { return nil }
        var attributes = node.attributes
        attributes["kind"] = .string(node.operatorName)
        return Node(
            "ImagePool", domain: PackedWeights.domain, opset: 1, name: node.name, inputs: [twin],
            outputs: Array(node.outputs.prefix(1)), attributes: attributes)
    }

    private mutating func concatenation(
        _ node: Node, at position: Int, _ patch: inout Patch
    ) throws(ComputeError) -> Node? {
        let known = node.inputs.filter { twin($0) != nil }.count
        guard known * 2 >= node.inputs.count, let axis = node.integer("axis"), (-4..<4).contains(axis),
            node.inputs.allSatisfy({ twin($0) != nil || index.dimensions(of: $0)?.count == 4 })
        else { return nil }
        var result = node.adding(["axis": .integer(Self.place(of: axis))])
        for (place, name) in node.inputs.enumerated() {
            result = result.settingInput(place, try demandTwin(name, before: position, &patch))
        }
        return result
    }

    /// A node with one axis as an attribute.
    private func moving(
        _ node: Node, _ first: String, axis attribute: String, standard: Int
    ) throws(ComputeError) -> Node? {
        guard let twin = twin(first) else { return nil }
        let axis = node.integer(attribute) ?? standard
        guard (-4..<4).contains(axis) else { return nil }
        return node.settingInput(0, twin).adding([attribute: .integer(Self.place(of: axis))])
    }

    /// Where an axis of `N C H W` lies in `N H W C`.
    private static func place(of axis: Int) -> Int { inverse[axis < 0 ? axis + 4 : axis] }

    private func slice(_ node: Node, _ first: String, _ patch: inout Patch) throws(ComputeError) -> Node? {
        guard node.opset >= 10, let twin = twin(first), let starts = index.constant(node.input(1)) else { return nil }
        var axes = Array(0..<starts.elementCount)
        if !node.input(3).isEmpty {
            guard let given = index.constant(node.input(3)) else { return nil }
            axes = try given.integers()
        }
        guard axes.allSatisfy({ (-4..<4).contains($0) }) else { return nil }
        let moved = try Tensor(axes.map { Int64(Self.place(of: $0)) }, shape: [axes.count])
        return node.settingInput(0, twin).settingInput(3, patch.addConstant(moved, "axes"))
    }

    private func resize(_ node: Node, _ first: String, _ patch: inout Patch) throws(ComputeError) -> Node? {
        guard node.opset >= 11, let twin = twin(first), node.attributes["axes"] == nil,
            node.input(1).isEmpty || index.constant(node.input(1))?.elementCount == 0
        else { return nil }
        var result = node.settingInput(0, twin)
        for place in 2...3 where !node.input(place).isEmpty {
            guard let tensor = index.constant(node.input(place)) else { return nil }
            if tensor.elementCount == 0 { continue }
            guard let moved = try permuted(tensor) else { return nil }
            result = result.settingInput(place, patch.addConstant(moved, node.input(place)))
        }
        return result
    }

    private func pad(_ node: Node, _ first: String, _ patch: inout Patch) throws(ComputeError) -> Node? {
        guard node.opset >= 11, let twin = twin(first), node.input(3).isEmpty,
            let pads = index.constant(node.input(1)), pads.elementCount == 8
        else { return nil }
        let values = try pads.integers()
        let moved = Self.order.map { Int64(values[$0]) } + Self.order.map { Int64(values[4 + $0]) }
        return node.settingInput(0, twin).settingInput(1, patch.addConstant(try Tensor(moved, shape: [8]), "pads"))
    }

    private func reduction(_ node: Node, _ first: String, _ patch: inout Patch) throws(ComputeError) -> Node? {
        guard let twin = twin(first), node.integer("keepdims") ?? 1 == 1 else { return nil }
        var axes: [Int] = []
        if case .integers(let values) = node.attributes["axes"] {
            axes = values.map { Int($0) }
        } else if let tensor = index.constant(node.input(1)) {
            axes = try tensor.integers()
        }
        guard !axes.isEmpty, axes.allSatisfy({ (-4..<4).contains($0) }) else { return nil }
        let moved = axes.map { Int64(Self.place(of: $0)) }
        if node.attributes["axes"] != nil { return node.settingInput(0, twin).adding(["axes": .integers(moved)]) }
        return node.settingInput(0, twin).settingInput(
            1, patch.addConstant(try Tensor(moved, shape: [moved.count]), "axes"))
    }

    /// One number for each axis in the order of the twin.
    private func permuted(_ tensor: Tensor) throws(ComputeError) -> Tensor? {
        guard tensor.elementCount == 4 else { return nil }
        switch tensor.elementType {
        case .float32:
            let values = try tensor.array(of: Float.self)
            return try Tensor(Self.order.map { values[$0] }, shape: [4])
        case .int64:
            let values = try tensor.array(of: Int64.self)
            return try Tensor(Self.order.map { values[$0] }, shape: [4])
        default: return nil
        }
    }
}
