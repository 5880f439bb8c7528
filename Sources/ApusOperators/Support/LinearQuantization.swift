// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Rounding of real numbers to a grid of scales and zero points, and the way back.
package struct LinearQuantization: Sendable {
    package var axis: Int
    package var blockSize = 0
    package var saturates = true
    /// The type to make; nil follows the zero point or the scale.
    package var outputType: ElementType?
    /// The type the division is rounded to; nil follows the scale.
    package var precision: ElementType?

    package init(axis: Int) { self.axis = axis }

    /// The type that is quantized to.
    ///
    /// - Throws: ``ComputeError`` with code `elementType` or `attribute`.
    package func quantizedType(zeroPoint: ElementType?) throws(ComputeError) -> ElementType {
        if let outputType, let zeroPoint, outputType != zeroPoint {
            throw .attribute("attribute 'output_dtype' is \(outputType.name), the zero point \(zeroPoint.name)")
        }
        let target = zeroPoint ?? outputType ?? .uint8
        guard QuantizedRange(target) != nil || (target.isFloat && target.storedBitWidth <= 8 && target != .float8E8M0)
        else { throw .elementType("cannot quantize to \(target.name)") }
        return target
    }

    /// Quantizes a tensor into output 0.
    package func quantize(
        _ source: Tensor, scale: Tensor, zeroPoint: Tensor?, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let target = try quantizedType(zeroPoint: zeroPoint?.elementType)
        guard zeroPoint.map({ $0.elementCount == scale.elementCount }) ?? true else {
            throw .shape("the zero point and the scale differ in shape")
        }
        if target.byteWidth == 1, target == .uint8 || target == .int8, source.elementType == .float32,
            scale.elementType == .float32, scale.elementCount == 1, precision ?? .float32 == .float32, blockSize == 0
        {
            try outputs.quantize(
                0, source, scale: try scale.scalarScale(), zeroPoint: try zeroPoint?.scalarZeroPoint() ?? 0,
                to: target)
            return
        }
        let grid = try QuantizationGrid(
            elements: source.shape, scales: scale.shape, axis: axis, blockSize: blockSize)
        var quotients = try quotients(source, scale, grid)
        if let half = precision ?? scale.elementType as ElementType?, half == .float16 || half == .bfloat16 {
            quotients = try quotients.rounded(toHalf: half).halvesWidened()
        }
        guard let range = QuantizedRange(target) else {
            if target.isFiniteFloat, let zeroPoint {
                quotients = try LinearQuantization.adding(zeroPoint, to: quotients, grid)
            }
            outputs.set(0, try quotients.cast(to: target, saturate: saturates))
            return
        }
        let zeroPoints = try zeroPoint?.zeroPoints() ?? [0]
        let values = try quotients.elements(of: Float.self)
        var result = try outputs.makeTensor(0, target, source.shape)
        if target.byteWidth == 2 {
            var pattern = try result.patterns(of: UInt16.self)
            LinearQuantization.round(values, zeroPoints, grid, range) {
                pattern[$0] = UInt16(truncatingIfNeeded: $1)
            }
        } else {
            let mask: UInt8 = target.storedBitWidth == 8 ? 0xFF : target.storedBitWidth == 4 ? 0x0F : 0x03
            var pattern = try result.patterns(of: UInt8.self)
            LinearQuantization.round(values, zeroPoints, grid, range) {
                pattern[$0] = UInt8(truncatingIfNeeded: $1) & mask
            }
        }
        outputs.set(0, result.finish())
    }

    private static func round(
        _ values: Span<Float>, _ zeroPoints: [Int32], _ grid: QuantizationGrid, _ range: QuantizedRange,
        _ store: (Int, Int32) -> Void
    ) {
        for index in 0..<grid.runCount {
            let run = grid.run(index)
            let fixed = zeroPoints.count == 1
            var parameter = fixed ? 0 : run.parameter
            let step = fixed ? 0 : run.parameterStep
            for element in run.elements {
                store(element, range.quantize(values[element], zeroPoint: zeroPoints[parameter]))
                parameter += step
            }
        }
    }

    private func quotients(
        _ source: Tensor, _ scale: Tensor, _ grid: QuantizationGrid
    ) throws(ComputeError) -> Tensor {
        let numbers = try source.cast(to: .float32)
        let values = try numbers.elements(of: Float.self)
        let scales = try scale.scales()
        var result = try MutableTensor(.float32, source.shape)
        var target = try result.elements(of: Float.self)
        for index in 0..<grid.runCount {
            let run = grid.run(index)
            var parameter = run.parameter
            for element in run.elements {
                target[element] = values[element] / scales[parameter]
                parameter += run.parameterStep
            }
        }
        return result.finish()
    }

    private static func adding(
        _ zeroPoint: Tensor, to quotients: Tensor, _ grid: QuantizationGrid
    ) throws(ComputeError) -> Tensor {
        let offsets = try zeroPoint.scales()
        let values = try quotients.elements(of: Float.self)
        var result = try MutableTensor(.float32, quotients.shape)
        var target = try result.elements(of: Float.self)
        for index in 0..<grid.runCount {
            let run = grid.run(index)
            var parameter = run.parameter
            for element in run.elements {
                target[element] = values[element] + offsets[parameter]
                parameter += run.parameterStep
            }
        }
        return result.finish()
    }

    /// Turns quantized numbers back into real ones, into output 0.
    package func dequantize(
        _ source: Tensor, scale: Tensor, zeroPoint: Tensor?, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let target = outputType ?? (scale.elementType == .float8E8M0 ? .float32 : scale.elementType)
        guard target == .float32 || target == .float16 || target == .bfloat16 else {
            throw .elementType("cannot dequantize to \(target.name)")
        }
        guard zeroPoint.map({ $0.elementCount == scale.elementCount && $0.elementType == source.elementType }) ?? true
        else { throw .shape("the zero point fits neither the scale nor the elements") }
        if source.elementType == .uint8 || source.elementType == .int8, target == .float32,
            scale.elementType == .float32, scale.elementCount == 1, blockSize == 0
        {
            try outputs.dequantize(
                0, source, scale: try scale.scalarScale(), zeroPoint: try zeroPoint?.scalarZeroPoint() ?? 0)
            return
        }
        let grid = try QuantizationGrid(
            elements: source.shape, scales: scale.shape, axis: axis, blockSize: blockSize)
        let scales = try scale.scales()
        var result =
            target == .float32
            ? try outputs.makeTensor(0, .float32, source.shape) : try MutableTensor(.float32, source.shape)
        var reals = try result.elements(of: Float.self)
        if QuantizedRange(source.elementType) != nil || source.elementType == .int32 {
            let integers = try source.cast(to: .int32)
            let values = try integers.elements(of: Int32.self)
            let zeroPoints = try zeroPoint?.zeroPoints() ?? []
            for index in 0..<grid.runCount {
                let run = grid.run(index)
                var parameter = run.parameter
                for element in run.elements {
                    let centred = zeroPoints.isEmpty ? values[element] : values[element] &- zeroPoints[parameter]
                    reals[element] = Float(centred) * scales[parameter]
                    parameter += run.parameterStep
                }
            }
        } else {
            guard source.elementType.isFloat, source.elementType.storedBitWidth <= 8 else {
                throw .elementType("cannot dequantize \(source)")
            }
            let numbers = try source.cast(to: .float32)
            let values = try numbers.elements(of: Float.self)
            for index in 0..<grid.runCount {
                let run = grid.run(index)
                var parameter = run.parameter
                for element in run.elements {
                    reals[element] = values[element] * scales[parameter]
                    parameter += run.parameterStep
                }
            }
        }
        let finished = result.finish()
        outputs.set(0, target == .float32 ? finished : try finished.rounded(toHalf: target))
    }
}
