// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusTensors

/// Chooses how a convolution over images `N H W C` is computed: as measured where there is a tuner, else by operations
/// and bytes.
struct ConvolutionTactics {
    let kernels: Kernels
    let isExact: Bool
    let tuner: Tuner?

    /// A way to compute a convolution, with its weights packed and with attributes that tell how it was chosen.
    struct Choice {
        var algorithm: ConvolutionAlgorithm
        var packed: Tensor
        var attributes: [String: Attribute]
    }

    /// The rows that images of so many channels usually have in networks for pictures: 56 for 64 channels, 7 for 512.
    static func usualSide(channels: Int) -> Int { max(7, min(224, 3584 / max(1, channels))) }

    /// The choice for images of some shape; where it is a guess nothing is measured, and without one the sums are taken
    /// as defined.
    func choose(
        _ convolution: ConvolutionAttributes, _ shape: ConvolutionShape?, isKnown: Bool, weights: Tensor
    ) throws(ComputeError) -> Choice {
        guard let shape else {
            return Choice(
                algorithm: .indirect,
                packed: try ConvolutionAlgorithm.indirect.pack(weights, convolution.shape, kernels),
                attributes: precision(.indirect, convolution.shape).attributes)
        }
        var candidates = [ConvolutionAlgorithm.indirect]
        if !isExact, Kernels.suitsWinograd(shape) { candidates += [.winograd2, .winograd4] }
        let expected = candidates.map { cycles($0, shape) / Double(kernels.pool.threadCount) }
        var record = TacticRecord(
            names: candidates.map(\.rawValue), expectedCycles: expected,
            multiplyAdds: shape.batch * shape.outputHeight * shape.outputWidth * shape.outputChannels * shape.depth)
        guard let tuner, isKnown else {
            let chosen = candidates[expected.indices.min { expected[$0] < expected[$1] } ?? 0]
            return Choice(
                algorithm: chosen, packed: try chosen.pack(weights, convolution.shape, kernels),
                attributes: record.attributes.merging(precision(chosen, shape).attributes) { $1 })
        }
        var best: (time: Double, algorithm: ConvolutionAlgorithm, packed: Tensor)?
        for candidate in candidates {
            let packed = try candidate.pack(weights, convolution.shape, kernels)
            let time = try measure(candidate, shape, packed, tuner)
            record.microseconds.append(time)
            if let found = best, found.time <= time { continue }
            best = (time, candidate, packed)
        }
        record.peak = tuner.peak(kernels)
        record.clock = record.peak / Double(kernels.pool.threadCount) / kernels.operationsPerCycle
        guard let best else { throw .unsupported("there is no way to compute \(shape)") }
        return Choice(
            algorithm: best.algorithm, packed: best.packed,
            attributes: record.attributes.merging(precision(best.algorithm, shape).attributes) { $1 })
    }

    /// What a convolution multiplies when it is computed one way.
    private func precision(_ algorithm: ConvolutionAlgorithm, _ shape: ConvolutionShape) -> Precision {
        algorithm.hasPairs(shape) ? kernels.precision : .f32
    }

    private func cycles(_ algorithm: ConvolutionAlgorithm, _ shape: ConvolutionShape) -> Double {
        algorithm.tile.map { kernels.expectedCycles(shape, $0) } ?? kernels.expectedCycles(shape)
    }

    /// The time of one way with images that were just written and weights that were not read for long.
    private func measure(
        _ algorithm: ConvolutionAlgorithm, _ shape: ConvolutionShape, _ packed: Tensor, _ tuner: Tuner
    ) throws(ComputeError) -> Double {
        let inputShape = Shape([shape.batch, shape.inputHeight, shape.inputWidth, shape.inputChannels])
        let outputShape = Shape([shape.batch, shape.outputHeight, shape.outputWidth, shape.outputChannels])
        var input = try MutableTensor(.float32, inputShape)
        let output = try MutableTensor(.float32, outputShape)
        var others = try MutableTensor(.float32, [Self.evictedCount])
        try Self.fill(&input)
        try Self.fill(&others)
        let x = input.finish()
        let evicted = others.finish()
        var sum: Float = 0
        let time = tuner.microseconds(key(algorithm, shape)) {
            sum += Self.read(evicted) + Self.read(x)
        } _: {
            // SAFETY: images and weights have the sizes of the shape.
            unsafe algorithm.compute(
                shape, x, isPlanar: false, factors: nil, packed: packed, into: output.target,
                stride: shape.outputChannels, Epilogue(activation: .relu), kernels)
        }
        return sum.isNaN ? .infinity : time
    }

    /// The floats that are read to empty the second level of cache.
    private static let evictedCount = 1 << 20

    private static func fill(_ tensor: inout MutableTensor) throws(ComputeError) {
        var elements = try tensor.elements(of: Float.self)
        for index in elements.indices { elements[index] = Float(index % 17) * 0.01 }
    }

    private static func read(_ tensor: Tensor) -> Float {
        guard let elements = try? tensor.elements(of: Float.self) else { return 0 }
        var (sum, index) = (Float(0), 0)
        while index < elements.count {
            sum += elements[index]
            index += 16
        }
        return sum
    }

    /// What tells one measurement from another on this machine.
    private func key(_ algorithm: ConvolutionAlgorithm, _ shape: ConvolutionShape) -> String {
        let numbers = [
            shape.batch, shape.inputHeight, shape.inputWidth, shape.inputChannels, shape.outputChannels, shape.groups,
            shape.kernelHeight, shape.kernelWidth, shape.strideHeight, shape.strideWidth, shape.dilationHeight,
            shape.dilationWidth, shape.padTop, shape.padLeft, shape.padBottom, shape.padRight,
        ]
        let list = numbers.map { String($0) }.joined(separator: ",")
        let precision = precision(algorithm, shape)
        return "convolution \(list) \(algorithm.rawValue) \(kernels.instructionSet.rawValue) "
            + "x\(kernels.pool.threadCount)" + (precision == .f32 ? "" : " \(precision.rawValue)")
    }
}
