// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusTensors

/// A product of `f32` rows with packed weights of 4 or 8 bits, bias, residual and activation.
///
/// Inputs: rows `[..., k]`, packed weights, bias of `n` (optional), residual of the output's shape (optional).
struct LoweredMatMulNBits: Operator {
    static let schema = Schema("MatMulNBits", domain: PackedWeights.domain, inputs: 2...4)

    var workPerElement: Int { matrix.k }

    private let matrix: CodedMatrix
    private let scale: Float
    private let isa: String
    private let epilogue: EpilogueAttributes

    init(_ node: NodeReader) throws(ComputeError) {
        let (k, n) = (try node.integer("k"), try node.integer("n"))
        try PackedWeights.checkSizes([k, n])
        let (bits, block) = (try node.integer("bits"), try node.integer("block_size"))
        let zeroPoints = CodedMatrix.ZeroPoints(rawValue: try node.string("zero_points", default: "middle"))
        guard bits == 4 || bits == 8, (1...k).contains(block), let zeroPoints else {
            throw .attribute("codes of \(bits) bits in blocks of \(block)")
        }
        matrix = CodedMatrix(k: k, n: n, bits: bits, block: block, zeroPoints: zeroPoints)
        scale = try node.float("alpha", default: 1)
        isa = try node.string("isa", default: "scalar")
        epilogue = try EpilogueAttributes(node)
    }

    func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let dimensions = inputs[0]?.type.dimensions, !dimensions.isEmpty else { return [] }
        return [.tensor(.float32, dimensions.dropLast() + [Dimension(matrix.n)])]
    }

    func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let x = try inputs.tensor(0)
        let packed = try inputs.tensor(1)
        let rank = x.shape.rank
        guard x.elementType == .float32, rank >= 1, x.shape[rank - 1] == matrix.k else {
            throw .shape("input 0 is \(x), expected f32 rows of \(matrix.k)")
        }
        let kernels = outputs.context.kernels
        try PackedWeights.check(
            packed, byteCount: kernels.packedCodesByteCount(matrix), isa: isa, outputs.context)
        let outputShape = Shape(x.shape.dimensions.dropLast() + [matrix.n])
        let (bias, residual) = try epilogue.operands(inputs, channels: matrix.n, outputShape)
        let result = try outputs.makeTensor(0, .float32, outputShape)
        // SAFETY: the shapes were checked above, and the tensors outlive the call.
        let finish = unsafe Epilogue(
            scale: scale, bias: bias.map { unsafe UnsafePointer($0.floats) }, biasAxis: .column,
            residual: residual.map { unsafe UnsafePointer($0.floats) }, activation: epilogue.activation)
        unsafe kernels.gemm(
            m: x.elementCount / matrix.k, x.floats, codes: matrix, packed: packed.baseAddress, into: result.floats,
            rowStride: matrix.n, epilogue: finish)
        withExtendedLifetime((x, packed, bias, residual)) {}
        outputs.set(0, result.finish())
    }
}
