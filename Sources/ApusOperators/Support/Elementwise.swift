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
        let result = try makeTensor(index, Target.elementType, source.shape)
        _ = try source.elements(of: Source.self)
        // SAFETY: both tensors have the same shape, and elements of these types.
        let (from, to) = unsafe (
            UnsafePointer(source.baseAddress.assumingMemoryBound(to: Source.self)),
            result.baseAddress.assumingMemoryBound(to: Target.self)
        )
        context.workers.spread(source.elementCount, cost: 2) { range in
            for index in range { unsafe to[index] = transform(from[index]) }
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
        let plan = try BroadcastPlan(left.shape, right.shape)
        var result = try makeTensor(index, Target.elementType, plan.shape)
        try Elementwise.combine(plan, left, right, into: &result, context, transform)
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
        _ context: EvaluationContext, _ transform: (Left, Right) -> Target
    ) throws(ComputeError) {
        _ = try left.elements(of: Left.self)
        _ = try right.elements(of: Right.self)
        _ = try result.elements(of: Target.self)
        let kind = plan.steps[0] * 2 + plan.steps[1]
        // SAFETY: the plan's rows lie inside operands of the shapes it was made for, whose elements are of these
        // types, and cover the target in order.
        let (lefts, rights, target) = unsafe (
            UnsafePointer(left.baseAddress.assumingMemoryBound(to: Left.self)),
            UnsafePointer(right.baseAddress.assumingMemoryBound(to: Right.self)),
            result.baseAddress.assumingMemoryBound(to: Target.self)
        )
        context.workers.spread(plan.rowCount * plan.rowLength, cost: 2) { range in
            plan.forEachPiece(in: range) { start, count, plan, within in
                let first = unsafe lefts + (plan.first &+ within &* plan.steps[0])
                let second = unsafe rights + (plan.second &+ within &* plan.steps[1])
                let to = unsafe target + start
                switch kind {
                case 3: for index in 0..<count { unsafe to[index] = transform(first[index], second[index]) }
                case 2:
                    let value = unsafe second[0]
                    for index in 0..<count { unsafe to[index] = transform(first[index], value) }
                case 1:
                    let value = unsafe first[0]
                    for index in 0..<count { unsafe to[index] = transform(value, second[index]) }
                default:
                    let value = unsafe transform(first[0], second[0])
                    for index in 0..<count { unsafe to[index] = value }
                }
            }
        }
    }
}
