// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

extension Outputs {
    /// Writes a function of every element of a tensor into an output.
    ///
    /// - Throws: ``ComputeError`` with code `elementType` or `limit`.
    package mutating func map<Function: ElementFunction>(
        _ index: Int, _ source: Tensor, _ function: Function
    ) throws(ComputeError) {
        let result = try makeTensor(index, Function.Target.elementType, source.shape)
        _ = try source.elements(of: Function.Source.self)
        // SAFETY: both tensors have the same shape, and elements of these types.
        let (from, to) = unsafe (
            UnsafePointer(source.baseAddress.assumingMemoryBound(to: Function.Source.self)),
            result.baseAddress.assumingMemoryBound(to: Function.Target.self)
        )
        context.workers.spread(source.elementCount, cost: 2) { range in
            for index in range { unsafe to[index] = function(from[index]) }
        }
        set(index, result.finish())
    }

    /// Writes a function of every pair of elements of two tensors, broadcast, into an output.
    ///
    /// - Throws: ``ComputeError`` with code `elementType`, `shape` or `limit`.
    package mutating func combine<Function: PairFunction>(
        _ index: Int, _ left: Tensor, _ right: Tensor, _ function: Function
    ) throws(ComputeError) {
        let plan = try BroadcastPlan(left.shape, right.shape)
        var result = try makeTensor(index, Function.Target.elementType, plan.shape)
        try Elementwise.combine(plan, left, right, into: &result, context, function)
        set(index, result.finish())
    }
}

/// The loops of operators that work element by element.
package enum Elementwise {
    /// Writes a function of every pair of elements of two tensors into a tensor of the plan's shape.
    ///
    /// - Throws: ``ComputeError`` with code `elementType`.
    package static func combine<Function: PairFunction>(
        _ plan: BroadcastPlan, _ left: Tensor, _ right: Tensor, into result: inout MutableTensor,
        _ context: EvaluationContext, _ function: Function
    ) throws(ComputeError) {
        _ = try left.elements(of: Function.Left.self)
        _ = try right.elements(of: Function.Right.self)
        _ = try result.elements(of: Function.Target.self)
        let kind = plan.steps[0] * 2 + plan.steps[1]
        // SAFETY: the plan's rows lie inside operands of the shapes it was made for, whose elements are of these
        // types, and cover the target in order.
        let (lefts, rights, target) = unsafe (
            UnsafePointer(left.baseAddress.assumingMemoryBound(to: Function.Left.self)),
            UnsafePointer(right.baseAddress.assumingMemoryBound(to: Function.Right.self)),
            result.baseAddress.assumingMemoryBound(to: Function.Target.self)
        )
        context.workers.spread(plan.rowCount * plan.rowLength, cost: 2) { range in
            plan.forEachPiece(in: range) { start, count, places in
                let (first, second) = unsafe (lefts + places.first, rights + places.second)
                let to = unsafe target + start
                switch kind {
                case 3: for index in 0..<count { unsafe to[index] = function(first[index], second[index]) }
                case 2:
                    let value = unsafe second[0]
                    for index in 0..<count { unsafe to[index] = function(first[index], value) }
                case 1:
                    let value = unsafe first[0]
                    for index in 0..<count { unsafe to[index] = function(value, second[index]) }
                default:
                    let value = unsafe function(first[0], second[0])
                    for index in 0..<count { unsafe to[index] = value }
                }
            }
        }
    }
}
