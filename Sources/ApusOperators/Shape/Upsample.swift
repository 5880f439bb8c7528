// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Enlarges its input, repeating elements or interpolating between them.
package struct Upsample: Operator {
    package static let schema = Schema("Upsample", since: 7, inputs: 1...2)
    package static var widensHalf: Bool { true }

    private enum Mode: String, CaseIterable {
        case nearest
        case linear
    }

    private let mode: Mode
    private let scales: [Float]?

    package init(_ node: NodeReader) throws(ComputeError) {
        let name = try node.string("mode", default: "nearest")
        guard let mode = Mode(rawValue: name == "bilinear" ? "linear" : name) else {
            throw .attribute("attribute 'mode' is '\(name)'")
        }
        self.mode = mode
        scales = node.opset < 9 ? try node.floats("scales") : nil
    }

    private static func size(_ size: Int, _ scale: Float) throws(ComputeError) -> Int {
        let scaled = (Float(size) * scale).rounded(.down)
        guard scale > 0, let result = Int(exactly: scaled), result < 1 << 40 else {
            throw .value("\(size) enlarged by \(scale)")
        }
        return result
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) else { return [.unknown] }
        guard let sizes = inputs.dimensions(0) else { return [.tensor(elementType, nil)] }
        var known = scales
        if let constant = inputs.known(1)?.constant { known = try constant.array(of: Float.self) }
        guard let known else { return [.tensor(elementType, [Dimension](repeating: .unknown, count: sizes.count))] }
        guard known.count == sizes.count else { throw .shape("\(known.count) scales for \(sizes.count) axes") }
        var result: [Dimension] = []
        for (size, scale) in zip(sizes, known) {
            if let number = size.value {
                result.append(Dimension(try Upsample.size(number, scale)))
            } else {
                result.append(Int(exactly: scale).map { size * Dimension($0) } ?? .unknown)
            }
        }
        return [.tensor(elementType, result)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let factors: [Float]
        if let scales { factors = scales } else { factors = try inputs.tensor(1).array(of: Float.self) }
        guard factors.count == source.shape.rank else { throw .shape("\(factors.count) scales for \(source)") }
        var sizes: [Int] = []
        for (size, scale) in zip(source.shape, factors) { sizes.append(try Upsample.size(size, scale)) }
        let shape = Shape(sizes)
        if mode == .linear { return try interpolate(source, shape, factors, &outputs) }
        var canvas = try Canvas(source.elementType, shape, in: outputs.context)
        if canvas.elementCount > 0 {
            let maps = sizes.indices.map { axis -> [Int]? in
                if factors[axis] == 1 { return nil }
                let last = source.shape[axis] - 1
                return (0..<sizes[axis]).map { min(Int(Float($0) / factors[axis]), last) }
            }
            try canvas.copy(source, sizes: source.shape.dimensions, maps: maps)
        }
        outputs.set(0, try canvas.finish())
    }

    /// Interpolates along one axis after the other.
    private func interpolate(
        _ source: Tensor, _ shape: Shape, _ factors: [Float], _ outputs: inout Outputs
    ) throws(ComputeError) {
        var sizes = source.shape.dimensions
        if try shape.checkedElementCount() == 0 {
            outputs.set(0, try Canvas(source.elementType, shape, in: outputs.context).finish())
            return
        }
        var values = try source.doubles()
        for axis in sizes.indices where factors[axis] != 1 {
            let old = sizes[axis]
            sizes[axis] = shape[axis]
            let inner = sizes[(axis + 1)...].reduce(1, &*)
            var result: [Double] = []
            result.reserveCapacity(try Shape(sizes).checkedElementCount())
            for row in 0..<sizes[..<axis].reduce(1, &*) {
                for place in 0..<shape[axis] {
                    let exact = Double(place) / Double(factors[axis])
                    let first = min(Int(exact), old - 1)
                    let second = min(first + 1, old - 1)
                    let weight = min(exact - Double(first), 1)
                    for column in 0..<inner {
                        let left = values[(row * old + first) * inner + column]
                        let right = values[(row * old + second) * inner + column]
                        result.append(left + (right - left) * weight)
                    }
                }
            }
            values = result
        }
        var position = 0
        try outputs.writeNumbers(0, source.elementType, shape) {
            position += 1
            return values[position - 1]
        }
    }
}
