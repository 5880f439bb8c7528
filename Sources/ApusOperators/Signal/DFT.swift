// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The discrete Fourier transform along one dimension; the last one holds real and imaginary parts.
package struct DFT: RealOperator {
    package static let schema = Schema("DFT", since: 17, inputs: 1...3)

    private let isInverse: Bool
    private let isOneSided: Bool
    private let fixedAxis: Int?

    package init(_ node: NodeReader) throws(ComputeError) {
        isInverse = try node.flag("inverse")
        isOneSided = try node.flag("onesided")
        fixedAxis = node.opset < 20 ? try node.integer("axis", default: 1) : nil
    }

    private func resolved(_ axis: Int, rank: Int) throws(ComputeError) -> Int {
        let result = try Shape([Int](repeating: 1, count: rank)).axis(axis)
        guard rank >= 2, result < rank - 1 else { throw .shape("axis \(axis) of rank \(rank) is no signal axis") }
        return result
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let type = inputs.elementType(0)
        guard var dimensions = inputs.dimensions(0) else { return [.tensor(maybe: type, nil)] }
        let rank = dimensions.count
        guard rank >= 2 else { throw .shape("a signal \(dimensions) has no axis") }
        dimensions[rank - 1] = isInverse && isOneSided ? 1 : 2
        let given = fixedAxis ?? (inputs.known(2) == nil ? -2 : inputs.integers(2)?.first)
        guard let given else {
            let sizes = dimensions.dropLast().map { _ in Dimension.unknown }
            return [.tensor(maybe: type, sizes + [dimensions[rank - 1]])]
        }
        let axis = try resolved(given, rank: rank)
        var length = dimensions[axis]
        if isInverse && isOneSided { length = (length - 1) * 2 }
        if inputs.known(1) != nil { length = inputs.expressions(1)?.first ?? .unknown }
        if isOneSided && !isInverse { length = length.floorDivided(by: 2) + 1 }
        dimensions[axis] = length
        return [.tensor(maybe: type, dimensions)]
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let input = try inputs.tensor(0)
        let rank = input.shape.rank
        guard rank >= 2, let parts = input.shape.last, parts == 1 || parts == 2 else {
            throw .shape("a signal \(input.shape) does not end in real and imaginary parts")
        }
        var given = fixedAxis ?? -2
        if fixedAxis == nil, let tensor = try inputs.optionalTensor(2) { given = try tensor.scalarInteger() }
        let axis = try resolved(given, rank: rank)
        let size = input.shape[axis]
        var length = isInverse && isOneSided ? 2 * (size - 1) : size
        if let tensor = try inputs.optionalTensor(1) { length = try tensor.scalarInteger() }
        let transform = try FourierTransform(length, inverse: isInverse)
        let isReal = isInverse && isOneSided
        var shape = input.shape
        shape[axis] = isOneSided && !isInverse ? length / 2 + 1 : length
        shape[rank - 1] = isReal ? 1 : 2
        let source = try input.elements(of: Element.self)
        let inner = Shape(input.shape[(axis + 1)..<(rank - 1)]).elementCount
        let outer = Shape(input.shape.prefix(axis)).elementCount
        let (written, made) = (shape[axis], shape[rank - 1])
        let factor = isInverse ? 1 / Double(length) : 1
        try outputs.write(0, of: Element.self, shape) { (target) throws(ComputeError) in
            var real = [Double](repeating: 0, count: length)
            var imaginary = real
            for line in 0..<outer * inner where target.count > 0 {
                let (block, place) = (line / inner, line % inner)
                for index in 0..<length {
                    let from = ((block * size + index) * inner + place) * parts
                    real[index] = index < size ? Double(source[from]) : 0
                    imaginary[index] = index < size && parts == 2 ? Double(source[from + 1]) : 0
                }
                if isReal {
                    for index in length / 2 + 1..<max(length, length / 2 + 1) {
                        real[index] = real[length - index]
                        imaginary[index] = -imaginary[length - index]
                    }
                }
                try transform(&real, &imaginary)
                for index in 0..<written {
                    let to = ((block * written + index) * inner + place) * made
                    target[to] = Element(real[index] * factor)
                    if made == 2 { target[to + 1] = Element(imaginary[index] * factor) }
                }
            }
        }
    }
}
