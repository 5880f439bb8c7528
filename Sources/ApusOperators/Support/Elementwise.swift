// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

extension Outputs {
    /// Writes a function of every element of a tensor into an output.
    ///
    /// - Throws: ``ComputeError`` with code `elementType` or `limit`.
    @inline(__always)
    package mutating func map<Source: TensorElement, Target: TensorElement>(
        _ index: Int, _ source: Tensor, _ transform: (Source) -> Target
    ) throws(ComputeError) {
        var result = try makeTensor(index, Target.elementType, source.shape)
        let elements = try source.elements(of: Source.self)
        var target = try result.elements(of: Target.self)
        // SAFETY: both tensors have the same shape.
        for index in elements.indices {
            unsafe target[unchecked: index] = transform(elements[unchecked: index])
        }
        set(index, result.finish())
    }

    /// Writes a function of every pair of elements of two tensors, broadcast, into an output.
    ///
    /// - Throws: ``ComputeError`` with code `elementType`, `shape` or `limit`.
    @inline(__always)
    package mutating func combine<Left: TensorElement, Right: TensorElement, Target: TensorElement>(
        _ index: Int, _ left: Tensor, _ right: Tensor, _ transform: (Left, Right) -> Target
    ) throws(ComputeError) {
        let plan = try BroadcastPlan([left.shape, right.shape])
        var result = try makeTensor(index, Target.elementType, plan.shape)
        try Elementwise.combine(plan, left, right, into: &result, transform)
        set(index, result.finish())
    }
}

/// The loops of operators that work element by element.
package enum Elementwise {
    /// Writes a function of every pair of elements of two tensors into a tensor of the plan's shape.
    ///
    /// - Throws: ``ComputeError`` with code `elementType`.
    @inline(__always)
    package static func combine<Left: TensorElement, Right: TensorElement, Target: TensorElement>(
        _ plan: BroadcastPlan, _ left: Tensor, _ right: Tensor, into result: inout MutableTensor,
        _ transform: (Left, Right) -> Target
    ) throws(ComputeError) {
        let lefts = try left.elements(of: Left.self)
        let rights = try right.elements(of: Right.self)
        var target = try result.elements(of: Target.self)
        var plan = plan
        let length = plan.rowLength
        let kind = plan.steps[0] * 2 + plan.steps[1]
        var start = 0
        // SAFETY: the plan's rows lie inside operands of the shapes it was made for, and cover the target in order.
        for _ in 0..<plan.rowCount {
            let first = plan.first
            let second = plan.second
            switch kind {
            case 3:
                for index in 0..<length {
                    unsafe target[unchecked: start &+ index] = transform(
                        lefts[unchecked: first &+ index], rights[unchecked: second &+ index])
                }
            case 2:
                let value = unsafe rights[unchecked: second]
                for index in 0..<length {
                    unsafe target[unchecked: start &+ index] = transform(lefts[unchecked: first &+ index], value)
                }
            case 1:
                let value = unsafe lefts[unchecked: first]
                for index in 0..<length {
                    unsafe target[unchecked: start &+ index] = transform(value, rights[unchecked: second &+ index])
                }
            default:
                let value = unsafe transform(lefts[unchecked: first], rights[unchecked: second])
                for index in 0..<length { unsafe target[unchecked: start &+ index] = value }
            }
            start += length
            plan.advance()
        }
    }
}
