// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusTensors

/// A product of quantised rows with packed quantised weights, stored quantised.
///
/// Inputs: rows `[..., k]` (`u8` or `i8`), packed weights, one output multiplier per column or one for all, zero
/// points of the weights (`i32`, one or one per column, optional), bias of `i32` per column (optional).
struct LoweredQLinearMatMul: Operator {
    static let schema = Schema("QLinearMatMul", domain: PackedWeights.domain, inputs: 3...5)

    var workPerElement: Int { depth }

    private let depth: Int
    private let columns: Int
    private let isa: String
    private let inputZeroPoint: Int32
    private let isInRows: Bool
    private let output: QuantizedOutput

    init(_ node: NodeReader) throws(ComputeError) {
        depth = try node.integer("k")
        columns = try node.integer("n")
        isa = try node.string("isa", default: "scalar")
        inputZeroPoint = Int32(clamping: try node.integer("x_zero_point", default: 0))
        output = try QuantizedOutput(node)
        isInRows = try node.flag("rows")
        try PackedWeights.checkSizes([depth, columns])
        guard !isInRows || depth % 4 == 0 else { throw .attribute("weights of [\(depth), \(columns)] in rows") }
    }

    func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let dimensions = inputs[0]?.type.dimensions, !dimensions.isEmpty else { return [] }
        return [.tensor(output.elementType, dimensions.dropLast() + [Dimension(columns)])]
    }

    func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let x = try inputs.tensor(0)
        let packed = try inputs.tensor(1)
        let scales = try inputs.tensor(2)
        let zeroPoints = try inputs.optionalTensor(3)
        let bias = try inputs.optionalTensor(4)
        let rows = try ByteRows(x, depth: depth)
        guard scales.elementType == .float32, scales.elementCount == 1 || scales.elementCount == columns,
            bias.map({ $0.elementType == .int32 && $0.elementCount == columns }) ?? true,
            zeroPoints.map({ $0.elementType == .int32 && ($0.elementCount == 1 || $0.elementCount == columns) }) ?? true
        else { throw .shape("multipliers, zero points or bias do not fit \(columns) columns") }
        let kernels = outputs.context.kernels
        let byteCount =
            isInRows
            ? kernels.packedByteRowsByteCount(k: depth, n: columns)
            : kernels.packedByteGEMMByteCount(k: depth, n: columns)
        try PackedWeights.check(packed, byteCount: byteCount, isa: isa, outputs.context)
        let result = try outputs.makeTensor(0, output.elementType, rows.shape(columns: columns))
        if isInRows {
            guard x.elementType == .uint8, output.elementType == .uint8 else {
                throw .elementType("input 0 is \(x), expected u8")
            }
            let finish = ByteFinish(zeroPoint: output.zeroPoint, lowest: output.lowest, highest: output.highest)
            // SAFETY: the shapes were checked above, and the tensors outlive the call.
            unsafe kernels.byteRows(
                m: rows.count, n: columns, k: depth, x.bytes, packed: packed.baseAddress, into: result.bytes, finish)
            withExtendedLifetime((x, packed)) {}
            outputs.set(0, result.finish())
            return
        }
        if rows.count > 0 {
            // SAFETY: the shapes were checked above, and the tensors outlive the call.
            var epilogue = unsafe output.epilogue(axis: .column, scales: scales)
            unsafe epilogue.integerBias = bias.map { unsafe $0.words }
            unsafe withUnsafePointer(to: inputZeroPoint) { zeroPoint in
                unsafe kernels.byteGEMM(
                    m: rows.count, n: columns, k: depth, rows.operand, aZeroPoints: zeroPoint,
                    packed: packed.baseAddress, bZeroPoints: zeroPoints.map { unsafe $0.words },
                    isBZeroPointPerColumn: (zeroPoints?.elementCount ?? 1) > 1,
                    into: .bytes(result.baseAddress, isSigned: output.isSigned), rowStride: columns,
                    epilogue: epilogue)
            }
        }
        withExtendedLifetime((x, packed, scales, zeroPoints, bias)) {}
        outputs.set(0, result.finish())
    }
}

/// The left operand of a quantised product.
struct ByteRows {
    let count: Int
    private let tensor: Tensor
    private let depth: Int

    init(_ tensor: Tensor, depth: Int) throws(ComputeError) {
        guard tensor.elementType == .uint8 || tensor.elementType == .int8, let last = tensor.shape.last, last == depth
        else { throw .shape("input 0 is \(tensor), expected byte rows of \(depth)") }
        count = tensor.shape.dropLast().reduce(1, *)
        self.tensor = tensor
        self.depth = depth
    }

    /// The shape of a product with so many columns.
    func shape(columns: Int) -> Shape {
        var shape = tensor.shape
        shape[shape.rank - 1] = columns
        return shape
    }

    /// The operand, valid while the tensor lives.
    @unsafe
    var operand: ByteOperand {
        unsafe ByteOperand(tensor.baseAddress, isSigned: tensor.elementType == .int8, rowStride: depth)
    }
}
