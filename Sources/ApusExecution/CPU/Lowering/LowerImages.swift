// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
package import ApusTensors

/// Puts stretches of convolutions and what lies between them into the layout `N H W C`.
///
/// Values get a twin with channels last where a convolution makes or reads them; operators that do not mind the layout
/// work on twins as long as their inputs have one; transposes stand only where the stretch begins and ends. One layout
/// serves every instruction set, needs no padding of channels, and makes products of 1 x 1 convolutions plain matrix
/// products without copies.
package struct LowerImages: Pass {
    let kernels: Kernels
    let isExact: Bool
    let tuner: Tuner?

    package func edit(_ index: GraphIndex, _ patch: inout Patch, _ context: PassContext) throws(ComputeError) {
        var walk = ImageWalk(index, ConvolutionTactics(kernels: kernels, isExact: isExact, tuner: tuner))
        guard index.graph.nodes.contains(where: { walk.convolution($0) != nil }) else { return }
        for (position, node) in index.graph.nodes.enumerated() {
            try walk.visit(node, at: position, &patch)
        }
        try walk.finish(&patch)
    }
}

/// The way along a graph's nodes, with the twins made so far.
struct ImageWalk {
    let index: GraphIndex
    private let tactics: ConvolutionTactics
    /// The value with channels last for each value that has one.
    private var twins: [String: String] = [:]
    /// Values that only their twin holds so far.
    private var pending: Set<String> = []

    /// From `N C H W` to `N H W C`, and back.
    static let (order, inverse) = ([0, 2, 3, 1], [0, 3, 1, 2])

    init(_ index: GraphIndex, _ tactics: ConvolutionTactics) {
        self.index = index
        self.tactics = tactics
    }

    /// The convolution of a node that has kernels for images with channels last.
    func convolution(_ node: Node) -> ConvolutionAttributes? {
        guard node.domain.isEmpty, node.operatorName == "Conv", let weights = index.constant(node.input(1)),
            weights.elementType == .float32, weights.shape.rank == 4
        else { return nil }
        return ConvolutionAttributes(node, weights: weights.shape, tactics.kernels.instructionSet)
    }

    /// The value with channels last, where there is one.
    func twin(_ name: String) -> String? { twins[name] }

    mutating func visit(_ node: Node, at position: Int, _ patch: inout Patch) throws(ComputeError) {
        if let convolution = convolution(node) {
            try lower(node, convolution, at: position, &patch)
        } else if let rewritten = try rewriting(node, at: position, &patch) {
            try replace(position, node, with: rewritten, &patch)
        } else {
            for name in node.reads.sorted() { try materialise(name, before: position, &patch) }
        }
    }

    /// Writes out the graph's outputs.
    mutating func finish(_ patch: inout Patch) throws(ComputeError) {
        for output in index.graph.outputs { try materialise(output.name, before: index.graph.nodes.count, &patch) }
    }

    /// The twin of a value, made by a transpose where there is none.
    mutating func demandTwin(_ name: String, before position: Int, _ patch: inout Patch) throws(ComputeError) -> String
    {
        if let twin = twins[name] { return twin }
        let twin = try patch.add(
            "Transpose", opset: 13, [name], attributes: ["perm": .integers(Self.order)], hint: name + ".nhwc",
            type: twinType(name), before: position)
        twins[name] = twin
        return twin
    }

    /// What the twin of a value is.
    private func twinType(_ name: String) -> ValueType {
        guard let elementType = index.elementType(of: name), let sizes = index.dimensions(of: name), sizes.count == 4
        else { return .unknown }
        return .tensor(elementType, Self.order.map { sizes[$0] })
    }

    private mutating func materialise(
        _ name: String, before position: Int, _ patch: inout Patch
    ) throws(ComputeError) {
        guard pending.remove(name) != nil, let twin = twins[name] else { return }
        try patch.add(
            Node(
                "Transpose", opset: 13, inputs: [twin], outputs: [name],
                attributes: ["perm": .integers(Self.inverse)]), before: position)
    }

    /// Puts a node that makes twins of its outputs in the place of another.
    private mutating func replace(
        _ position: Int, _ node: Node, with rewritten: Node, _ patch: inout Patch
    ) throws(ComputeError) {
        var result = rewritten
        result.outputs = []
        for output in node.outputs {
            let twin = output.isEmpty ? "" : patch.names.fresh(output + ".nhwc")
            result.outputs.append(twin)
            guard !output.isEmpty else { continue }
            twins[output] = twin
            pending.insert(output)
            let type = twinType(output)
            if type != .unknown { patch.setType(twin, type) }
        }
        result.operation = nil
        try patch.replace(position, with: result)
    }

    private mutating func lower(
        _ node: Node, _ convolution: ConvolutionAttributes, at position: Int, _ patch: inout Patch
    ) throws(ComputeError) {
        guard let weights = index.constant(node.input(1)) else { return }
        let (shape, isKnown) = shape(node, convolution)
        let choice = try tactics.choose(convolution, shape, isKnown: isKnown, weights: weights)
        let isPlanar = choice.algorithm == .indirect && convolution.shape.readsRuns && twin(node.inputs[0]) == nil
        let images = isPlanar ? node.inputs[0] : try demandTwin(node.inputs[0], before: position, &patch)
        var inputs = [images, patch.addConstant(choice.packed, node.input(1) + ".packed")]
        if !node.input(2).isEmpty {
            try materialise(node.inputs[2], before: position, &patch)
            inputs.append(node.inputs[2])
        }
        var attributes = convolution.attributes(of: node).merging(choice.algorithm.attributes) { $1 }
        attributes.merge(choice.attributes) { $1 }
        if isPlanar { attributes["planar"] = .integer(1) }
        let lowered = Node(
            "ImageConv", domain: PackedWeights.domain, opset: 1, name: node.name, inputs: inputs, outputs: [],
            attributes: attributes)
        try replace(position, node, with: lowered, &patch)
    }

    /// The whole shape of a convolution, and whether the sizes of its images are known; others are guessed.
    private func shape(_ node: Node, _ convolution: ConvolutionAttributes) -> (ConvolutionShape?, isKnown: Bool) {
        let channels = convolution.depth * convolution.groups
        let sizes = index.dimensions(of: node.inputs[0])?.map(\.value) ?? []
        let known = sizes.count == 4 ? sizes : [nil, nil, nil, nil]
        let side = ConvolutionTactics.usualSide(channels: channels)
        let shape = try? convolution.shape(Shape([known[0] ?? 1, channels, known[2] ?? side, known[3] ?? side]))
        return (shape, known[2] != nil && known[3] != nil)
    }
}
