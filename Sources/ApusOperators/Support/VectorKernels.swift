// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusKernels
package import ApusTensors

/// A kernel for a function of one float, with its parameters.
package struct UnaryKernel: Sendable {
    /// The function.
    package var function: UnaryFunction
    /// Its first parameter.
    package var alpha: Float
    /// Its second parameter.
    package var beta: Float

    /// Names a kernel.
    package init(_ function: UnaryFunction, alpha: Float = 0, beta: Float = 0) {
        self.function = function
        self.alpha = alpha
        self.beta = beta
    }
}

extension EvaluationContext {
    /// The kernels of this evaluation.
    var vectorKernels: Kernels { Kernels(instructionSet: instructionSet, pool: workers) }
}

extension Outputs {
    /// Writes a function of every element of an `f32` tensor into an output.
    ///
    /// - Throws: ``ComputeError`` with code `elementType` or `limit`.
    package mutating func map(_ index: Int, _ source: Tensor, _ kernel: UnaryKernel) throws(ComputeError) {
        let result = try makeTensor(index, .float32, source.shape)
        guard source.elementType == .float32 else { throw .elementType("expected f32, the tensor is \(source)") }
        if source.elementCount > 0 {
            // SAFETY: both tensors have the same number of floats.
            unsafe context.vectorKernels.unary(
                kernel.function, alpha: kernel.alpha, beta: kernel.beta, count: source.elementCount,
                UnsafePointer(source.baseAddress.assumingMemoryBound(to: Float.self)),
                into: result.baseAddress.assumingMemoryBound(to: Float.self))
        }
        set(index, result.finish())
    }

    /// Writes a function of every pair of elements of two `f32` tensors, broadcast, into an output.
    ///
    /// - Throws: ``ComputeError`` with code `elementType`, `shape` or `limit`.
    package mutating func combine(
        _ index: Int, _ left: Tensor, _ right: Tensor, _ function: BinaryFunction
    ) throws(ComputeError) {
        let plan = try BroadcastPlan(left.shape, right.shape)
        var result = try makeTensor(index, .float32, plan.shape)
        try Elementwise.combine(plan, left, right, into: &result, function, context)
        set(index, result.finish())
    }
}

extension Elementwise {
    /// Rows shorter than this are not worth a call each.
    private static let shortRow = 64

    /// Writes a function of every pair of elements of two `f32` tensors into a tensor of the plan's shape.
    ///
    /// - Throws: ``ComputeError`` with code `elementType`.
    package static func combine(
        _ plan: BroadcastPlan, _ left: Tensor, _ right: Tensor, into result: inout MutableTensor,
        _ function: BinaryFunction, _ context: EvaluationContext
    ) throws(ComputeError) {
        guard left.elementType == .float32, right.elementType == .float32 else {
            throw .elementType("expected f32, the tensors are \(left) and \(right)")
        }
        let isShort = plan.rowLength < shortRow && plan.rowCount > 1
        if isShort || (plan.steps[0], plan.steps[1]) == (0, 0) {
            switch function {
            case .add: return try combine(plan, left, right, into: &result, context, FloatPair.Sum())
            case .subtract: return try combine(plan, left, right, into: &result, context, FloatPair.Difference())
            case .multiply: return try combine(plan, left, right, into: &result, context, FloatPair.Product())
            case .divide: return try combine(plan, left, right, into: &result, context, FloatPair.Quotient())
            case .maximum: return try combine(plan, left, right, into: &result, context, FloatPair.Larger())
            case .minimum: return try combine(plan, left, right, into: &result, context, FloatPair.Smaller())
            case .power: return try combine(plan, left, right, into: &result, context, FloatPair.Power())
            }
        }
        let form: BinaryForm = plan.steps[0] == 0 ? .scalarLeft : plan.steps[1] == 0 ? .scalarRight : .vectors
        let kernels = context.vectorKernels
        // SAFETY: the plan's rows lie inside operands of the shapes it was made for, and cover the target in order.
        let (lefts, rights, target) = unsafe (
            UnsafePointer(left.baseAddress.assumingMemoryBound(to: Float.self)),
            UnsafePointer(right.baseAddress.assumingMemoryBound(to: Float.self)),
            result.baseAddress.assumingMemoryBound(to: Float.self)
        )
        guard plan.rowCount > 1 else {
            if plan.rowCount == 1 {
                unsafe kernels.binary(
                    function, form, count: plan.rowLength, lefts + plan.first, rights + plan.second,
                    into: target)
            }
            return
        }
        context.workers.spread(plan.rowCount * plan.rowLength, cost: 1) { range in
            plan.forEachPiece(in: range) { start, count, places in
                unsafe kernels.binary(
                    function, form, count: count, lefts + places.first, rights + places.second, into: target + start)
            }
        }
    }
}
