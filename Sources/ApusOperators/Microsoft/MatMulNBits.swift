// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Multiplies real numbers by a matrix of 2, 4 or 8 bits with a scale for each block of a column.
package struct MatMulNBits: Operator {
    package static let schema = Schema("MatMulNBits", domain: OperatorDomain.microsoft, inputs: 3...6)
    package static let widensHalf = true

    private let inner: Int
    private let columns: Int
    private let bits: Int
    private let blockSize: Int

    private var blocks: Int { (inner - 1) / blockSize + 1 }
    private var blockBytes: Int { blockSize * bits / 8 }

    package init(_ node: NodeReader) throws(ComputeError) {
        inner = try node.integer("K")
        columns = try node.integer("N")
        bits = try node.integer("bits", default: 4)
        blockSize = try node.integer("block_size")
        guard [2, 4, 8].contains(bits), blockSize >= 16, blockSize <= 1 << 20, blockSize & (blockSize - 1) == 0 else {
            throw .attribute("blocks of \(blockSize) numbers of \(bits) bits")
        }
        guard inner > 0, columns > 0, inner <= 1 << 28, columns <= 1 << 28 else {
            throw .attribute("a matrix of \(inner) × \(columns)")
        }
        guard try !node.flag("weight_prepacked") else { throw .unsupported("weights packed for another machine") }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard case .tensor(let elementType, let dimensions) = inputs[0]?.type else { return [] }
        guard let dimensions else { return [.tensor(elementType, nil)] }
        return [.tensor(elementType, dimensions.dropLast() + [Dimension(columns)])]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        guard source.shape.rank >= 1, source.shape[source.shape.rank - 1] == inner else {
            throw .shape("\(source) does not have \(inner) columns")
        }
        let weights = try PackedNumbers(try inputs.tensor(1), bits: bits)
        let scales = try inputs.tensor(2).array(of: Float.self)
        guard weights.byteCount == columns * blocks * blockBytes, scales.count == columns * blocks else {
            throw .shape("\(weights.byteCount) bytes and \(scales.count) scales for \(inner) × \(columns)")
        }
        let zeros = try zeros(try inputs.optionalTensor(3))
        let groups = try inputs.optionalTensor(4)?.integers() ?? (0..<inner).map { $0 / blockSize }
        guard groups.count >= inner, groups.allSatisfy({ (0..<blocks).contains($0) }) else {
            throw .value("the group indices do not fit \(blocks) blocks")
        }
        let bias = try inputs.optionalTensor(5)?.array(of: Float.self) ?? []
        guard bias.isEmpty || bias.count == columns else { throw .shape("\(bias.count) biases for \(columns) columns") }
        let values = try source.array(of: Float.self)
        let rows = values.count / inner
        var result = [Float](repeating: 0, count: rows * columns)
        let strip = 64
        var panel = [Float](repeating: 0, count: strip * inner)
        for first in stride(from: 0, to: columns, by: strip) {
            let width = min(strip, columns - first)
            for column in 0..<width {
                let row = (first + column) * blocks
                for index in 0..<inner {
                    let block = row + groups[index]
                    let byte = (row + index / blockSize) * blockBytes
                    let number = Float(weights.value(byte: byte, index % blockSize))
                    panel[column * inner + index] = (number - zeros[block]) * scales[block]
                }
            }
            let part = FloatProduct(outputs.context).multiply(
                values, panel, rows: rows, depth: inner, columns: width, transposesRight: true)
            for index in part.indices {
                let column = first + index % width
                let value = bias.isEmpty ? part[index] : part[index] + bias[column]
                result[index / width * columns + column] = value
            }
        }
        outputs.set(0, try Tensor(result, shape: Shape(source.shape.dimensions.dropLast() + [columns])))
    }

    /// One zero point per block, packed like the weights or as real numbers.
    private func zeros(_ tensor: Tensor?) throws(ComputeError) -> [Float] {
        let count = columns * blocks
        guard let tensor else { return [Float](repeating: Float(1 << (bits - 1)), count: count) }
        guard tensor.elementType == .uint8 else {
            let zeros = try tensor.array(of: Float.self)
            guard zeros.count == count else { throw .shape("\(zeros.count) zero points for \(count) blocks") }
            return zeros
        }
        let packed = try PackedNumbers(tensor, bits: bits)
        let rowBytes = (blocks * bits + 7) / 8
        guard packed.byteCount == columns * rowBytes else {
            throw .shape("\(packed.byteCount) bytes of zero points for \(columns) columns of \(blocks) blocks")
        }
        return (0..<count).map { Float(packed.value(byte: $0 / blocks * rowBytes, $0 % blocks)) }
    }
}
