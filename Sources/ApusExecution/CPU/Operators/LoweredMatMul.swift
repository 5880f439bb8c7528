// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusTensors

/// A product with packed `f32` or `bf16` weights of shape `[k, n]`, bias, residual and activation.
///
/// Inputs: rows `[..., k]` (or `[k, m]` with `transA`), packed weights, bias of `n` (optional), residual of the
/// output's shape (optional).
struct LoweredMatMul: Operator {
    static let schema = Schema("MatMul", domain: PackedWeights.domain, inputs: 2...4)

    var workPerElement: Int { depth }

    private let depth: Int
    private let columns: Int
    private let transposesRows: Bool
    private let scale: Float
    private let isa: String
    private let precision: Precision
    private let outputPrecision: Precision
    private let epilogue: EpilogueAttributes

    init(_ node: NodeReader) throws(ComputeError) {
        depth = try node.integer("k")
        columns = try node.integer("n")
        transposesRows = try node.flag("transA")
        scale = try node.float("alpha", default: 1)
        isa = try node.string("isa", default: "scalar")
        precision = try Precision(node)
        outputPrecision = try Precision(node, prefix: "output_")
        epilogue = try EpilogueAttributes(node)
        try PackedWeights.checkSizes([depth, columns])
        guard outputPrecision == .f32 || makesRounded && !node.hasInput(3) else {
            throw .attribute("results of \(precision) products with a residual or of turned rows are not bf16")
        }
    }

    /// Whether rows of bf16 are read as they are.
    var readsRounded: Bool { makesRounded && depth % 2 == 0 }

    /// Whether the result can be bf16, where no residual is added.
    var makesRounded: Bool { precision == .bf16 && !transposesRows }

    func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let dimensions = inputs[0]?.type.dimensions, dimensions.count >= (transposesRows ? 2 : 1) else {
            return []
        }
        if transposesRows { return [.tensor(.float32, [dimensions[1], Dimension(columns)])] }
        return [.tensor(outputPrecision.elementType, dimensions.dropLast() + [Dimension(columns)])]
    }

    func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let x = try inputs.tensor(0)
        let packed = try inputs.tensor(1)
        let rank = x.shape.rank
        let fits = transposesRows ? rank == 2 && x.shape[0] == depth : rank >= 1 && x.shape[rank - 1] == depth
        guard x.elementType == .float32 || x.elementType == .bfloat16 && readsRounded, fits else {
            throw .shape("input 0 is \(x), expected rows of \(depth)")
        }
        let kernels = outputs.context.kernels(precision)
        try PackedWeights.check(
            packed, byteCount: kernels.packedGEMMByteCount(k: depth, n: columns), isa: isa, outputs.context)
        var sizes = transposesRows ? ShortList(repeating: x.shape[1], count: 1) : ShortList(x.shape.dropLast())
        let rows = sizes.reduce(1, *)
        sizes.append(columns)
        let outputShape = Shape(sizes: sizes)
        let (bias, residual) = try epilogue.operands(inputs, channels: columns, outputShape)
        let result = try outputs.makeTensor(0, outputPrecision.elementType, outputShape)
        if rows > 0 {
            // SAFETY: the shapes were checked above, and the tensors outlive the call.
            let finish = unsafe Epilogue(
                scale: scale, bias: bias.map { unsafe UnsafePointer($0.floats) }, biasAxis: .column,
                residual: residual.map { unsafe UnsafePointer($0.floats) }, activation: epilogue.activation)
            if transposesRows {
                unsafe kernels.gemm(
                    m: rows, n: columns, k: depth, MatrixOperand(x.floats, rowStride: 1, columnStride: rows),
                    packed: packed.baseAddress, into: result.floats, rowStride: columns, epilogue: finish)
            } else {
                unsafe kernels.gemm(
                    m: rows, n: columns, k: depth, rows: x.numbers, packed: packed.baseAddress, into: result.target,
                    epilogue: finish)
            }
        }
        withExtendedLifetime((x, packed, bias, residual)) {}
        outputs.set(0, result.finish())
    }
}
