// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusOperators
import ApusTensors

/// The nodes of a graph that can work on quantised images whose channels lie together.
struct QuantizedRegion {
    /// What a node becomes.
    enum Kind {
        case convolution(QuantizedFilter)
        case maximum
        case mean([String: Attribute])
        case sum(ByteSum)
        /// The operator itself, its images at the given inputs.
        case elementwise([Int])
    }

    struct Member {
        var kind: Kind
        var inputs: [String]
        var elementType: ElementType
    }

    /// The nodes by position.
    private(set) var members: [Int: Member] = [:]
    private let index: GraphIndex
    private var types: [String: ElementType] = [:]

    init(_ index: GraphIndex) {
        self.index = index
        for (position, node) in index.graph.nodes.enumerated() where node.outputs.count == 1 {
            guard let member = convolution(node) ?? follower(node) else { continue }
            members[position] = member
            types[node.outputs[0]] = member.elementType
        }
    }

    /// Whether a value that a member makes is read by others.
    func isReadOutside(_ name: String) -> Bool {
        index.isOutput(name) || (index.consumers[name] ?? []).contains { members[$0] == nil }
    }

    private func convolution(_ node: Node) -> Member? {
        guard let filter = QuantizedFilter(node, index) else { return nil }
        return Member(kind: .convolution(filter), inputs: [node.inputs[0]], elementType: filter.outputType)
    }

    private func follower(_ node: Node) -> Member? {
        guard let elementType = types[node.input(0)] ?? types[node.input(2)] else { return nil }
        let isMicrosoft = node.domain == OperatorDomain.microsoft
        let shift = elementType == .int8 ? 128 : 0
        switch (isMicrosoft, node.operatorName) {
        case (false, "MaxPool"):
            guard node.domain.isEmpty, node.integer("storage_order") ?? 0 == 0,
                let pool = try? PoolGeometry(NodeReader(node)), QuantizedFilter.isPlain(pool.geometry, rank: 2)
            else { return nil }
            return Member(kind: .maximum, inputs: [node.inputs[0]], elementType: elementType)
        case (true, "QLinearGlobalAveragePool"):
            guard node.integer("channels_last") ?? 0 == 0, let scale = index.scalarFloat(node.input(1)),
                let zero = zeroPoint(node.input(2)), let outputScale = index.scalarFloat(node.input(3)),
                let outputZero = zeroPoint(node.input(4))
            else { return nil }
            let attributes: [String: Attribute] = [
                "x_scale": .float(scale), "y_scale": .float(outputScale), "x_zero_point": .integer(zero + shift),
                "y_zero_point": .integer(outputZero + shift),
            ]
            return Member(kind: .mean(attributes), inputs: [node.inputs[0]], elementType: elementType)
        case (true, "QLinearAdd"), (true, "QLinearMul"):
            let inputs = [node.input(0), node.input(3)]
            guard inputs.allSatisfy({ types[$0] == elementType }) else { return nil }
            if node.operatorName == "QLinearAdd", let dimensions = index.dimensions(of: inputs[0]),
                !dimensions.contains(where: \.isUnknown), dimensions == index.dimensions(of: inputs[1]),
                let sum = QuantizedRegion.sum(node, index, shift: shift)
            {
                return Member(kind: .sum(sum), inputs: inputs, elementType: elementType)
            }
            return elementType == .uint8
                ? Member(kind: .elementwise([0, 3]), inputs: inputs, elementType: elementType) : nil
        case (true, "QLinearSigmoid"), (true, "QLinearLeakyRelu"):
            guard elementType == .uint8, types[node.input(0)] != nil else { return nil }
            return Member(kind: .elementwise([0]), inputs: [node.inputs[0]], elementType: elementType)
        case (true, "QLinearConcat"):
            let places = Array(stride(from: 2, to: node.inputs.count, by: 3))
            guard elementType == .uint8, node.integer("axis") == 1 || node.integer("axis") == -3,
                places.allSatisfy({ types[node.inputs[$0]] == elementType })
            else { return nil }
            return Member(kind: .elementwise(places), inputs: places.map { node.inputs[$0] }, elementType: elementType)
        default: return nil
        }
    }

    private func zeroPoint(_ name: String) -> Int? { name.isEmpty ? 0 : index.scalarInteger(name) }

    /// The sum a `QLinearAdd` with constant parameters takes of bytes `shift` higher.
    static func sum(_ node: Node, _ index: GraphIndex, shift: Int) -> ByteSum? {
        func zeroPoint(_ place: Int) -> Int? { node.input(place).isEmpty ? 0 : index.scalarInteger(node.input(place)) }
        guard let leftScale = index.scalarFloat(node.input(1)), let rightScale = index.scalarFloat(node.input(4)),
            let scale = index.scalarFloat(node.input(6)), let leftZero = zeroPoint(2), let rightZero = zeroPoint(5),
            let zero = zeroPoint(7)
        else { return nil }
        let (left, right) = (leftScale / scale, rightScale / scale)
        let zeros = left * Float(leftZero + shift) + right * Float(rightZero + shift)
        return ByteSum(left: left, right: right, fixed: Float(zero + shift) - zeros, lowest: 0, highest: 255)
    }
}
