// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusTensors

/// A product of quantised rows with packed quantised weights, as integers or scaled to `f32`.
///
/// Inputs: rows `[..., k]` (`u8` or `i8`), packed weights, zero point of the rows (optional), zero points of the
/// weights (`i32`, one or one per column, optional), scale of the rows (`f32`, optional), scales of the weights
/// (`f32`, one or one per column, optional), bias of `f32` per column (optional). With a scale of the rows the result
/// is `f32`, else `i32`.
struct LoweredMatMulInteger: Operator {
    static let schema = Schema("MatMulInteger", domain: PackedWeights.domain, inputs: 2...7)

    var workPerElement: Int { depth }

    private let depth: Int
    private let columns: Int
    private let isa: String
    private let isScaled: Bool
    private let isInRows: Bool
    private let epilogue: EpilogueAttributes

    init(_ node: NodeReader) throws(ComputeError) {
        depth = try node.integer("k")
        columns = try node.integer("n")
        isa = try node.string("isa", default: "scalar")
        isScaled = node.hasInput(4)
        isInRows = try node.flag("rows")
        epilogue = try EpilogueAttributes(node)
        try PackedWeights.checkSizes([depth, columns])
        guard !isInRows || depth % 4 == 0 else { throw .attribute("weights of [\(depth), \(columns)] in rows") }
    }

    func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let dimensions = inputs[0]?.type.dimensions, !dimensions.isEmpty else { return [] }
        return [.tensor(isScaled ? .float32 : .int32, dimensions.dropLast() + [Dimension(columns)])]
    }

    func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let x = try inputs.tensor(0)
        let packed = try inputs.tensor(1)
        let rows = try ByteRows(x, depth: depth)
        let rowZeroPoint = Int32(clamping: try inputs.optionalTensor(2).map(LoweredMatMulInteger.scalar) ?? 0)
        let zeroPoints = try inputs.optionalTensor(3)
        let bias = try inputs.optionalTensor(6)
        guard bias.map({ $0.elementType == .float32 && $0.elementCount == columns }) ?? true,
            zeroPoints.map({ $0.elementType == .int32 && ($0.elementCount == 1 || $0.elementCount == columns) }) ?? true
        else { throw .shape("zero points or bias do not fit \(columns) columns") }
        let kernels = outputs.context.kernels
        let byteCount =
            isInRows
            ? kernels.packedByteRowsByteCount(k: depth, n: columns)
            : kernels.packedByteGEMMByteCount(k: depth, n: columns)
        try PackedWeights.check(packed, byteCount: byteCount, isa: isa, outputs.context)
        if isInRows {
            guard x.elementType == .uint8, zeroPoints == nil else { throw .elementType("input 0 is \(x), expected u8") }
            let rowScale = isScaled ? try inputs.tensor(4) : nil
            let weightScales = isScaled ? try inputs.optionalTensor(5) : nil
            let count = weightScales?.elementCount ?? 1
            guard rowScale.map({ $0.elementType == .float32 && $0.elementCount == 1 }) ?? true,
                weightScales?.elementType ?? .float32 == .float32, count == 1 || count == columns
            else { throw .shape("the scales do not fit \(columns) columns") }
            var scale = try rowScale?.elements(of: Float.self)[0] ?? 1
            if let weightScales, weightScales.elementCount == 1 {
                scale *= try weightScales.elements(of: Float.self)[0]
            }
            let result = try outputs.makeTensor(0, isScaled ? .float32 : .int32, rows.shape(columns: columns))
            // SAFETY: the shapes were checked above, and the tensors outlive the call.
            let perColumn = columns > 1 && weightScales?.elementCount == columns ? weightScales : nil
            unsafe kernels.byteRows(
                m: rows.count, n: columns, k: depth, x.bytes, aZeroPoint: rowZeroPoint, packed: packed.baseAddress,
                into: isScaled
                    ? .floats(
                        result.floats, scale: scale, columnScales: perColumn.map { unsafe $0.floats },
                        bias: bias.map { unsafe UnsafePointer($0.floats) }, epilogue.activation)
                    : .integers(result.baseAddress.assumingMemoryBound(to: Int32.self)))
            withExtendedLifetime((x, packed, weightScales, bias)) {}
            outputs.set(0, result.finish())
            return
        }
        let scales = try scales(inputs, outputs.context)
        let result = try outputs.makeTensor(0, isScaled ? .float32 : .int32, rows.shape(columns: columns))
        if rows.count > 0 {
            // SAFETY: the shapes were checked above, and the tensors outlive the call.
            var finish = ByteEpilogue()
            if let scales {
                unsafe finish.scales = UnsafePointer(scales.floats)
                finish.isScalePerChannel = scales.elementCount > 1
                finish.activation = epilogue.activation
            }
            unsafe finish.bias = bias.map { unsafe UnsafePointer($0.floats) }
            unsafe withUnsafePointer(to: rowZeroPoint) { zeroPoint in
                unsafe kernels.byteGEMM(
                    m: rows.count, n: columns, k: depth, rows.operand, aZeroPoints: zeroPoint,
                    packed: packed.baseAddress, bZeroPoints: zeroPoints.map { unsafe $0.words },
                    isBZeroPointPerColumn: (zeroPoints?.elementCount ?? 1) > 1,
                    into: isScaled
                        ? .floats(result.floats) : .integers(result.baseAddress.assumingMemoryBound(to: Int32.self)),
                    rowStride: columns, epilogue: finish)
            }
        }
        withExtendedLifetime((x, packed, scales, zeroPoints, bias)) {}
        outputs.set(0, result.finish())
    }

    private static func scalar(_ tensor: Tensor) throws(ComputeError) -> Int { try tensor.scalarInteger() }

    /// The product of both sides' scales.
    private func scales(_ inputs: Inputs, _ context: EvaluationContext) throws(ComputeError) -> Tensor? {
        guard isScaled else { return nil }
        let rowScale = try inputs.tensor(4)
        guard rowScale.elementType == .float32, rowScale.elementCount == 1 else {
            throw .shape("the scale of the rows is \(rowScale), expected one f32")
        }
        let factor = try rowScale.elements(of: Float.self)[0]
        let weightScales = try inputs.optionalTensor(5)
        guard weightScales.map({ $0.elementCount == 1 || $0.elementCount == columns }) ?? true else {
            throw .shape("the scales of the weights do not fit \(columns) columns")
        }
        var product = try context.makeTensor(.float32, .vector(weightScales?.elementCount ?? 1))
        var elements = try product.elements(of: Float.self)
        if let weightScales {
            let scales = try weightScales.elements(of: Float.self)
            for index in elements.indices { elements[index] = factor * scales[index] }
        } else {
            elements[0] = factor
        }
        return product.finish()
    }
}
