// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Picks slices of a tensor of narrow integers and turns them into real numbers with a scale for each block.
package struct GatherBlockQuantized: Operator {
    package static let schema = Schema("GatherBlockQuantized", domain: OperatorDomain.microsoft, inputs: 3...4)
    package static let widensHalf = true

    private let bits: Int
    private let blockSize: Int
    private let gatherAxis: Int
    private let quantizeAxis: Int

    package init(_ node: NodeReader) throws(ComputeError) {
        bits = try node.integer("bits", default: 4)
        blockSize = try node.integer("block_size", default: 128)
        gatherAxis = try node.integer("gather_axis", default: 0)
        quantizeAxis = try node.integer("quantize_axis", default: 1)
        guard [2, 4, 8].contains(bits), blockSize >= 16, blockSize <= 1 << 24 else {
            throw .attribute("blocks of \(blockSize) numbers of \(bits) bits")
        }
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let indices = try inputs.tensor(1)
        let scale = try inputs.tensor(2)
        let isPacked = source.elementType == .uint8 && bits < 8
        var shape = source.shape
        guard shape.rank >= 1 else { throw .shape("a scalar cannot be gathered from") }
        if isPacked { shape[shape.rank - 1] *= 8 / bits }
        let gatherAxis = try shape.axis(gatherAxis)
        let quantizeAxis = try shape.axis(quantizeAxis)
        let values = try numbers(source, isPacked)
        var blocks = shape
        blocks[quantizeAxis] = (shape[quantizeAxis] + blockSize - 1) / blockSize
        guard gatherAxis != quantizeAxis, scale.shape == blocks else {
            throw .shape("scales \(scale) do not fit blocks of \(blockSize) in axis \(quantizeAxis) of \(shape)")
        }
        let scales = try scale.array(of: Float.self)
        var zeros = [Int32](repeating: source.elementType == .uint8 ? 1 << Int32(bits - 1) : 0, count: scales.count)
        if let tensor = try inputs.optionalTensor(3) {
            zeros = try zeroPoints(tensor, blocks, isPacked)
        }
        let places = try indices.integers()
        let size = shape[gatherAxis]
        guard places.allSatisfy({ $0 >= -size && $0 < size }) else { throw .value("an index is outside \(size)") }
        let outer = shape.dimensions[..<gatherAxis].reduce(1, *)
        let inner = shape.dimensions[(gatherAxis + 1)...].reduce(1, *)
        let target = Shape(
            shape.dimensions[..<gatherAxis] + indices.shape.dimensions + shape.dimensions[(gatherAxis + 1)...])
        let below = shape.dimensions[(quantizeAxis + 1)...].reduce(1, *)
        let length = shape[quantizeAxis]
        try outputs.write(0, of: Float.self, target) { (result) throws(ComputeError) in
            var position = 0
            for row in 0..<outer {
                for place in places {
                    let start = (row * size + (place < 0 ? place + size : place)) * inner
                    for index in start..<(start + inner) {
                        let (rest, column) = (index / below, index % below)
                        let block =
                            (rest / length * blocks[quantizeAxis] + rest % length / blockSize) * below + column
                        result[position] = Float(values[index] &- zeros[block]) * scales[block]
                        position += 1
                    }
                }
            }
        }
    }

    private func numbers(_ tensor: Tensor, _ isPacked: Bool) throws(ComputeError) -> [Int32] {
        guard isPacked else {
            guard QuantizedRange(tensor.elementType) != nil else { throw .elementType("\(tensor) is not quantized") }
            return try tensor.cast(to: .int32).array(of: Int32.self)
        }
        let packed = try PackedNumbers(tensor, bits: bits)
        return (0..<packed.byteCount * packed.perByte).map {
            packed.value(byte: $0 / packed.perByte, $0 % packed.perByte)
        }
    }

    /// One zero point per block; packed rows are filled up to whole bytes.
    private func zeroPoints(_ tensor: Tensor, _ blocks: Shape, _ isPacked: Bool) throws(ComputeError) -> [Int32] {
        let values = try numbers(tensor, isPacked)
        let width = blocks[blocks.rank - 1]
        let filled = isPacked ? (width * bits + 7) / 8 * (8 / bits) : width
        let rows = width > 0 ? blocks.elementCount / width : 0
        guard values.count == rows * filled else { throw .shape("zero points \(tensor) for blocks \(blocks)") }
        return (0..<blocks.elementCount).map { values[$0 / width * filled + $0 % width] }
    }
}
