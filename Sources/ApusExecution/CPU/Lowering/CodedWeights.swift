// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusTensors

/// Constant weights of few bits as a model holds them, ready to be packed.
struct CodedWeights {
    let k: Int
    let n: Int
    /// The bits a number stands for; `storedBits` is what it takes in the tensor.
    let bits: Int
    let storedBits: Int
    let block: Int
    let isSigned: Bool
    let codes: Tensor
    let columnStride: Int
    let depthStride: Int
    let scales: [Float]
    /// Zero points in the numbers the model holds, lying like the scales.
    let zeroPoints: [Float]
    let scaleColumnStride: Int
    let scaleBlockStride: Int

    /// What becomes of a number: signed ones are moved up by half their range, narrow ones to the middle of 4 bits.
    private var lift: Int { bits == 2 ? 6 : 0 }
    private var turn: Int { isSigned ? 1 << (bits - 1) : 0 }
    private var packedBits: Int { max(4, bits) }

    private func packedZeroPoints() -> (kind: CodedMatrix.ZeroPoints, numbers: [Float]) {
        let numbers = zeroPoints.map { $0 + Float(turn + lift) }
        if numbers.allSatisfy({ $0 == Float(1 << (packedBits - 1)) }) { return (.middle, numbers) }
        let areBytes = numbers.allSatisfy { $0 >= 0 && $0 <= 255 && $0 == $0.rounded() }
        return (areBytes ? .bytes : .floats, numbers)
    }

    /// The weights as these kernels read them, and the attributes of the product that reads them.
    ///
    /// - Throws: ``ComputeError`` when there is no memory.
    func packed(_ kernels: Kernels) throws(ComputeError) -> (weights: Tensor, attributes: [String: Attribute]) {
        let (kind, numbers) = packedZeroPoints()
        let matrix = CodedMatrix(k: k, n: n, bits: packedBits, block: block, zeroPoints: kind)
        let weights = try unsafe PackedWeights.make(byteCount: kernels.packedCodesByteCount(matrix)) { target in
            // SAFETY: whoever made this checked the sizes; the tensor and the arrays outlive the call.
            unsafe scales.withUnsafeBufferPointer { scales in
                unsafe numbers.withUnsafeBufferPointer { numbers in
                    guard let scales = scales.baseAddress, let numbers = numbers.baseAddress else { return }
                    var source = unsafe CodedSource(
                        UnsafePointer(codes.baseAddress.assumingMemoryBound(to: UInt8.self)), storedBits: storedBits,
                        columnStride: columnStride, depthStride: depthStride, scales: scales,
                        zeroPoints: kind == .middle ? nil : numbers, scaleColumnStride: scaleColumnStride,
                        scaleBlockStride: scaleBlockStride)
                    source.turn = turn
                    source.mask = 1 << bits - 1
                    source.lift = lift
                    unsafe kernels.packCodes(matrix, source, into: target)
                }
            }
            withExtendedLifetime(codes) {}
        }
        let attributes: [String: Attribute] = [
            "k": .integer(k), "n": .integer(n), "bits": .integer(packedBits), "block_size": .integer(matrix.block),
            "zero_points": .string(kind.rawValue), "isa": .string(kernels.instructionSet.rawValue),
        ]
        return (weights, attributes)
    }
}
