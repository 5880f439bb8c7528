// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// An operator that moves elements without looking at them: written once per element width.
package protocol MovementOperator: Operator {
    /// Fills the output by moving patterns of the source.
    func move<Pattern: BitPattern>(
        _ source: Span<Pattern>, _ shape: Shape, _ inputs: Inputs, into target: inout MutableSpan<Pattern>,
        _ targetShape: Shape
    ) throws(ComputeError)
    /// The output's shape.
    func movedShape(_ inputs: Inputs) throws(ComputeError) -> Shape
}

extension MovementOperator {
    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let shape = try movedShape(inputs)
        switch source.elementType {
        case .string: try moveStrings(source, shape, inputs, &outputs)
        default:
            switch source.elementType.byteWidth {
            case 1: try move(UInt8.self, source, shape, inputs, &outputs)
            case 2: try move(UInt16.self, source, shape, inputs, &outputs)
            case 4: try move(UInt32.self, source, shape, inputs, &outputs)
            case 8: try move(UInt64.self, source, shape, inputs, &outputs)
            default: try move(Pattern128.self, source, shape, inputs, &outputs)
            }
        }
    }

    private func move<Pattern: BitPattern>(
        _ type: Pattern.Type, _ source: Tensor, _ shape: Shape, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        var result = try outputs.makeTensor(0, source.elementType, shape)
        var target = try result.patterns(of: Pattern.self)
        try move(source.patterns(of: Pattern.self), source.shape, inputs, into: &target, shape)
        outputs.set(0, result.finish())
    }

    /// Strings move as their indices; an index past the end stands for the empty string.
    private func moveStrings(
        _ source: Tensor, _ shape: Shape, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let count = source.strings.count
        let indices = try Tensor((0..<count).map { UInt64($0) + 1 }, shape: source.shape)
        var moved = try MutableTensor(.uint64, shape)
        var target = try moved.patterns(of: UInt64.self)
        try move(indices.patterns(of: UInt64.self), source.shape, inputs, into: &target, shape)
        var strings: [String] = []
        strings.reserveCapacity(target.count)
        for index in target.indices {
            let position = Int(target[index])
            strings.append(position == 0 ? "" : source.strings[position - 1])
        }
        outputs.set(0, try Tensor(strings: strings, shape: shape))
    }
}
