// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The same elements under another shape, in which 0 copies a size and -1 stands for what is left.
package struct Reshape: Operator {
    package static let schema = Schema("Reshape", inputs: 1...2)

    private let allowsZero: Bool
    private let sizes: [Int]?

    package init(_ node: NodeReader) throws(ComputeError) {
        allowsZero = try node.flag("allowzero")
        sizes = node.opset < 5 ? try node.integers("shape") : nil
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) else { return [.unknown] }
        guard let wanted = sizes?.map({ Dimension($0) }) ?? inputs.elements(1) else {
            let rank = inputs.length(1)
            return [.tensor(elementType, rank.map { [Dimension](repeating: .unknown, count: $0) })]
        }
        let source = inputs.dimensions(0)
        var target: [Dimension] = []
        for (axis, size) in wanted.enumerated() {
            if size.value == 0, !allowsZero {
                guard source.map({ axis < $0.count }) ?? true else { throw .shape("no size \(axis) to copy") }
                target.append(source?[axis] ?? .unknown)
            } else {
                target.append(size)
            }
        }
        let open = target.indices.filter { target[$0].value == -1 }
        guard open.count <= 1 else { throw .shape("more than one size of \(wanted) is to be found") }
        if let axis = open.first {
            target[axis] = remainder(of: source, without: target, except: axis)
        } else if let source {
            complete(&target, from: source)
        }
        let value = inputs.known(0) ?? .unknown
        return [value.reshaped(elementType, target, elements: inputs.elements(0))]
    }

    /// The size that is left for one axis, sizes both sides share left out.
    private func remainder(of source: [Dimension]?, without target: [Dimension], except axis: Int) -> Dimension {
        guard var whole = source else { return .unknown }
        var rest = target
        rest.remove(at: axis)
        for size in rest where !size.isUnknown && size.value != 0 {
            if let match = whole.firstIndex(of: size), let own = rest.firstIndex(of: size) {
                whole.remove(at: match)
                rest.remove(at: own)
            }
        }
        let divisor = product(rest)
        if divisor.value == 1 { return product(whole) }
        return product(whole).floorDivided(by: divisor)
    }

    /// Finds the one unknown size where everything else is a number.
    private func complete(_ target: inout [Dimension], from source: [Dimension]) {
        let unknown = target.indices.filter { target[$0].isUnknown }
        guard unknown.count == 1, let axis = unknown.first, let whole = product(source).value else { return }
        var rest = target
        rest.remove(at: axis)
        guard let others = product(rest).value, others > 0, whole % others == 0 else { return }
        target[axis] = Dimension(whole / others)
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        var target = try inputs.shortIntegers(1, unless: sizes)
        for axis in target.indices where target[axis] == 0 && !allowsZero {
            guard axis < source.shape.rank else { throw .shape("\(source) has no size \(axis) to copy") }
            target[axis] = source.shape[axis]
        }
        if let open = target.firstIndex(of: -1) {
            target[open] = 1
            let rest = try Shape(sizes: target).checkedElementCount()
            guard rest > 0 else { throw .shape("\(source) leaves the size of axis \(open) of \(target) open") }
            target[open] = source.elementCount / rest
        }
        outputs.set(0, try source.reshaped(to: Shape(sizes: target)))
    }
}
