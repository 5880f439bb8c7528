// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Convolution of quantized images with quantized weights into 32-bit sums.
package struct IntegerConvolution: Sendable {
    private let geometry: ConvolutionGeometry
    private let groups: Int

    package init(_ node: NodeReader) throws(ComputeError) {
        geometry = try ConvolutionGeometry(node)
        groups = try node.integer("group", default: 1)
        guard groups >= 1 else { throw .attribute("attribute 'group' is \(groups)") }
    }

    /// The output's sizes, as far as they can be said.
    package func infer(_ input: [Dimension]?, _ weights: [Dimension]?) throws(ComputeError) -> [Dimension]? {
        guard let input, let weights else { return nil }
        guard input.count >= 3, weights.count == input.count else {
            throw .shape("weights of rank \(weights.count) do not fit an input of rank \(input.count)")
        }
        let spatial = try geometry.outputs(input: Array(input[2...]), kernel: Array(weights[2...]))
        return [input[0], weights[0]] + spatial
    }

    /// The sums, laid out batch, channel, space, and their shape.
    package func run(
        _ input: Tensor, _ inputZero: Tensor?, _ weights: Tensor, _ weightZeros: Tensor?
    ) throws(ComputeError) -> (sums: [Int32], shape: Shape) {
        let shape = input.shape
        guard shape.rank >= 3, weights.shape.rank == shape.rank else {
            throw .shape("weights \(weights) do not fit the input \(input)")
        }
        let (filters, channels) = (weights.shape[0], weights.shape[1])
        let (wanted, overflow) = channels.multipliedReportingOverflow(by: groups)
        guard !overflow, shape[1] == wanted, filters % groups == 0 else {
            throw .shape("weights \(weights) in \(groups) groups do not fit the input \(input)")
        }
        let axes = try geometry.windows(
            input: Array(shape.dimensions[2...]), kernel: Array(weights.shape.dimensions[2...]))
        let output = Shape([shape[0], filters] + axes.map(\.output))
        let zero = try inputZero?.zeroPoints() ?? []
        let zeros = try weightZeros?.zeroPoints() ?? []
        guard zero.count <= 1, zeros.count <= 1 || zeros.count == filters else {
            throw .shape("\(zero.count) and \(zeros.count) zero points do not fit \(filters) filters")
        }
        let taps = axes.reduce(1) { $0 * $1.kernel }
        let places = axes.reduce(1) { $0 * $1.output }
        let pixels = axes.reduce(1) { $0 * $1.input }
        let patch = Shape([channels, taps])
        guard try output.checkedElementCount() <= 1 << 32 else { throw .limit("an output of \(output)") }
        guard output.elementCount > 0, try patch.checkedElementCount() > 0 else {
            return ([Int32](repeating: 0, count: output.elementCount), output)
        }
        let images = try input.centred(zero)
        let kernels = try weights.centred(zeros, stride: channels * taps)
        let patches = PatchMatrix(axes)
        let rowSize = try Shape([channels, taps, patches.rowLength]).checkedElementCount()
        guard rowSize <= 1 << 30 else { throw .limit("a row of patches of \(rowSize) elements") }
        let step = max(1, min(patches.rowCount, (1 << 20) / rowSize))
        var columns = [Int16](repeating: 0, count: step * rowSize)
        var sums = [Int32](repeating: 0, count: output.elementCount)
        let perGroup = filters / groups
        for part in 0..<shape[0] * groups {
            for row in stride(from: 0, to: patches.rowCount, by: step) {
                let rows = row..<min(row + step, patches.rowCount)
                var target = columns.mutableSpan
                patches.gather(
                    images.span, at: part * channels * pixels, channels: channels, rows: rows, padding: 0,
                    into: &target)
                IntegerProduct.add(
                    kernels, at: part % groups * perGroup * channels * taps, columns, at: 0, rows: perGroup,
                    inner: channels * taps, columns: rows.count * patches.rowLength, into: &sums,
                    at: part * perGroup * places + row * patches.rowLength, stride: places)
            }
        }
        return (sums, output)
    }
}
