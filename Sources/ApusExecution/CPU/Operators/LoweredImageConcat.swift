// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusTensors

/// Images `N H W C` whose channels are those of several others in order, some of them convolved where they go.
///
/// Attribute `parts` counts the others. Part i that is a convolution has the attributes of `ImageConv` after the prefix
/// `part<i>_`. Inputs, three for each part: images, packed weights and bias; images alone are copied.
struct LoweredImageConcat: Operator, CountsWork {
    static let schema = Schema("ImageConcat", domain: PackedWeights.domain, inputs: .atLeast(1))

    /// The inputs of a part.
    static let inputsPerPart = 3

    private let parts: [Part]
    private let outputPrecision: Precision

    private enum Part {
        case convolution(LoweredImageConv)
        case copy
    }

    init(_ node: NodeReader) throws(ComputeError) {
        let count = try node.integer("parts")
        guard count > 0, node.inputCount <= count * Self.inputsPerPart,
            node.inputCount > (count - 1) * Self.inputsPerPart
        else { throw .attribute("\(count) parts of \(node.inputCount) inputs") }
        var parts: [Part] = []
        for index in 0..<count {
            guard node.hasInput(index * Self.inputsPerPart + 1) else {
                parts.append(.copy)
                continue
            }
            parts.append(.convolution(try LoweredImageConv(NodeReader(Self.part(index, of: node.node)))))
        }
        self.parts = parts
        outputPrecision = try Precision(node, prefix: "output_")
        guard outputPrecision == .f32 || makesRounded else {
            throw .attribute("a part ends in an activation of which nothing rounds the results")
        }
    }

    /// Whether the result can be bf16.
    var makesRounded: Bool {
        parts.allSatisfy { if case .convolution(let part) = $0 { part.makesRounded } else { true } }
    }

    /// The convolution that one part is.
    private static func part(_ index: Int, of node: Node) -> Node {
        let prefix = prefix(index)
        let range = inputs(index).clamped(to: 0..<node.inputs.count)
        let own = node.attributes.filter { $0.key.hasPrefix(prefix) }
        return Node(
            "ImageConv", domain: PackedWeights.domain, opset: 1, name: node.name,
            inputs: Array(node.inputs[range]), outputs: node.outputs,
            attributes: Dictionary(uniqueKeysWithValues: own.map { (String($0.key.dropFirst(prefix.count)), $0.value) })
        )
    }

    /// What stands before the names of a part's attributes.
    static func prefix(_ index: Int) -> String { "part\(index)_" }

    /// The inputs that are read as they are where they are bf16.
    func roundedInputs(_ kernels: Kernels) -> Set<Int> {
        Set(
            parts.indices.filter { index in
                if case .convolution(let part) = parts[index] { part.readsRounded(kernels) } else { true }
            }.map { $0 * Self.inputsPerPart })
    }

    var workPerElement: Int {
        var (work, channels) = (0, 0)
        for case .convolution(let part) in parts {
            work += part.workPerElement * part.convolution.channels
            channels += part.convolution.channels
        }
        return channels == 0 ? 0 : work / channels
    }

    func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        var result: [Dimension]?
        for (index, part) in parts.enumerated() {
            let own = inputs[Self.inputs(index).clamped(to: 0..<inputs.count)]
            var type = own.first??.type
            if case .convolution(let convolution) = part { type = try convolution.infer(Array(own)).first?.type }
            guard let sizes = type?.dimensions, sizes.count == 4 else { return [] }
            guard let before = result else {
                result = sizes
                continue
            }
            result?[3] = before[3] + sizes[3]
        }
        return result.map { [.tensor(outputPrecision.elementType, $0)] } ?? []
    }

    func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let context = outputs.context
        let first = try shape(0, inputs, context)
        var channels = 0
        for index in parts.indices {
            let shape = try shape(index, inputs, context)
            guard shape[0] == first[0], shape[1] == first[1], shape[2] == first[2] else {
                throw .shape("part \(index) is \(shape), the first \(first): the images differ")
            }
            channels += shape[3]
        }
        let result = try outputs.makeTensor(
            0, outputPrecision.elementType, Shape(first[0], first[1], first[2], channels))
        var place = 0
        for (index, part) in parts.enumerated() where channels > 0 {
            let own = inputs.part(Self.inputs(index))
            switch part {
            case .convolution(let convolution):
                let call = try convolution.prepare(own, context)
                // SAFETY: each part has the pixels of the result, and its channels end before those of the next.
                unsafe call.compute(into: result.target.advanced(by: place), stride: channels, context)
                place += convolution.convolution.channels
            case .copy:
                let x = try own.tensor(0)
                // SAFETY: as above.
                unsafe context.kernels.copyPixels(
                    x.shape[0] * x.shape[1] * x.shape[2], channels: x.shape[3], x.numbers,
                    into: result.target.advanced(by: place), stride: channels)
                withExtendedLifetime(x) {}
                place += x.shape[3]
            }
        }
        outputs.set(0, result.finish())
    }

    /// Where the inputs of a part lie.
    private static func inputs(_ index: Int) -> Range<Int> {
        index * inputsPerPart..<(index + 1) * inputsPerPart
    }

    /// The images a part adds.
    private func shape(_ index: Int, _ inputs: Inputs, _ context: EvaluationContext) throws(ComputeError) -> Shape {
        let own = inputs.part(Self.inputs(index))
        if case .convolution(let convolution) = parts[index] {
            return try convolution.prepare(own, context).outputShape
        }
        let x = try own.tensor(0)
        guard x.isOfImages, x.shape.rank == 4 else {
            throw .shape("part \(index) is \(x), expected f32 images")
        }
        return x.shape
    }
}
