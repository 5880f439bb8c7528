// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Puts pooled elements back where they were found and zeroes the rest.
package struct MaxUnpool: RealOperator {
    package static let schema = Schema("MaxUnpool", since: 9, inputs: 2...3)

    private let geometry: ConvolutionGeometry
    private let kernel: [Int]

    package init(_ node: NodeReader) throws(ComputeError) {
        geometry = try ConvolutionGeometry(node)
        guard let kernel = geometry.kernel else { throw .attribute("attribute 'kernel_shape' is missing") }
        self.kernel = kernel
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let type = inputs.elementType(0)
        guard let pooled = inputs.dimensions(0) else { return [.tensor(maybe: type, nil)] }
        guard pooled.count == kernel.count + 2 else { throw .shape("a window of \(kernel) over \(pooled)") }
        if inputs.known(2) != nil {
            let sizes = inputs.expressions(2) ?? [Dimension](repeating: .unknown, count: pooled.count)
            guard sizes.count == pooled.count else { throw .shape("output_shape has \(sizes.count) sizes") }
            return [.tensor(maybe: type, sizes)]
        }
        let space = try geometry.transposedOutputs(
            input: Array(pooled.dropFirst(2)), kernel: kernel.map { Dimension($0) }, outputPadding: [],
            outputShape: nil)
        return [.tensor(maybe: type, Array(pooled.prefix(2)) + space)]
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let pooled = try inputs.tensor(0)
        let places = try inputs.tensor(1)
        guard pooled.shape.rank == kernel.count + 2, places.shape == pooled.shape else {
            throw .shape("indices \(places.shape) and a window of \(kernel) for \(pooled.shape)")
        }
        let windows = try geometry.transposedWindows(
            input: Array(pooled.shape.dropFirst(2)), kernel: kernel, outputPadding: [], outputShape: nil)
        let full = Shape(Array(pooled.shape.prefix(2)) + windows.map(\.input))
        let count = try full.checkedElementCount()
        let shape = try inputs.optionalTensor(2).map { (tensor) throws(ComputeError) in Shape(try tensor.integers()) }
        let result = shape ?? full
        guard result.rank == full.rank, zip(result, full).allSatisfy({ $0 >= $1 }) else {
            throw .shape("an output of \(result) does not hold the unpooled \(full)")
        }
        let source = try pooled.elements(of: Element.self)
        let indices = try places.elements(of: Int64.self)
        let strides = result.strides
        try outputs.write(0, of: Element.self, result) { (target) throws(ComputeError) in
            for index in target.indices { target[index] = 0 }
            for index in source.indices {
                guard let place = Int(exactly: indices[index]), place >= 0, place < count else {
                    throw .value("index \(indices[index]) is outside the unpooled \(full)")
                }
                var rest = place
                var position = 0
                for axis in full.indices.reversed() {
                    position &+= rest % full[axis] &* strides[axis]
                    rest /= full[axis]
                }
                target[position] = source[index]
            }
        }
    }
}
