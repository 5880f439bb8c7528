// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Elements of the second input where the first is true, and of the third elsewhere, all broadcast.
package struct Where: Operator {
    package static let schema = Schema("Where", since: 9, inputs: 3...3)

    package init(_ node: NodeReader) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard inputs.count == 3 else { throw .shape("Where takes three inputs, not \(inputs.count)") }
        guard let type = inputs[1]?.type.elementType ?? inputs[2]?.type.elementType else { return [.unknown] }
        let result = ValueType.tensor(type, try ElementwiseInference.broadcast(inputs))
        return [InferredValue(result, elements: elements(inputs, result))]
    }

    private func elements(_ inputs: [InferredValue?], _ type: ValueType) -> [Dimension]? {
        guard let condition = inputs[0]?.constant, condition.elementType == .bool, condition.elementCount == 1,
            let holds = try? condition.elements(of: Bool.self)[0]
        else { return nil }
        return ElementwiseInference.elements(inputs[1], inputs[2], type) { holds ? $0 : $1 }
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let condition = try inputs.tensor(0)
        let first = try inputs.tensor(1)
        let second = try inputs.tensor(2)
        guard first.elementType == second.elementType else {
            throw .elementType("Where takes equal types, the inputs are \(first) and \(second)")
        }
        let plan = try BroadcastPlan(condition.shape, first.shape, second.shape)
        if first.elementType == .string { return try chooseStrings(plan, condition, first, second, into: &outputs) }
        var result = try outputs.makeTensor(0, first.elementType, plan.shape)
        switch first.elementType.byteWidth {
        case 1: try choose(UInt8.self, plan, condition, first, second, into: &result, outputs.context)
        case 2: try choose(UInt16.self, plan, condition, first, second, into: &result, outputs.context)
        case 4: try choose(UInt32.self, plan, condition, first, second, into: &result, outputs.context)
        case 8: try choose(UInt64.self, plan, condition, first, second, into: &result, outputs.context)
        default:
            try choose(Pattern128.self, plan, condition, first, second, into: &result, outputs.context)
        }
        outputs.set(0, result.finish())
    }

    private func choose<Pattern: BitPattern>(
        _ type: Pattern.Type, _ plan: BroadcastPlan, _ condition: Tensor, _ first: Tensor,
        _ second: Tensor,
        into result: inout MutableTensor, _ context: EvaluationContext
    ) throws(ComputeError) {
        _ = try condition.elements(of: Bool.self)
        _ = try first.patterns(of: Pattern.self)
        _ = try second.patterns(of: Pattern.self)
        // SAFETY: the plan's rows lie inside operands of the shapes it was made for, whose elements are of these
        // widths, and cover the target in order.
        let (conditions, firsts, seconds, target) = unsafe (
            UnsafePointer(condition.baseAddress.assumingMemoryBound(to: Bool.self)),
            UnsafePointer(first.baseAddress.assumingMemoryBound(to: Pattern.self)),
            UnsafePointer(second.baseAddress.assumingMemoryBound(to: Pattern.self)),
            result.baseAddress.assumingMemoryBound(to: Pattern.self)
        )
        let (step, leftStep, rightStep) = (plan.steps[0], plan.steps[1], plan.steps[2])
        context.workers.spread(plan.rowCount * plan.rowLength, cost: 2) { range in
            plan.forEachPiece(in: range) { start, count, places in
                let holds = unsafe conditions + places.first
                let (left, right) = unsafe (firsts + places.second, seconds + places.third)
                let to = unsafe target + start
                if step & leftStep & rightStep == 1 {
                    for index in 0..<count { unsafe to[index] = holds[index] ? left[index] : right[index] }
                } else if step & leftStep == 1 {
                    let value = unsafe right[0]
                    for index in 0..<count { unsafe to[index] = holds[index] ? left[index] : value }
                } else if step & rightStep == 1 {
                    let value = unsafe left[0]
                    for index in 0..<count { unsafe to[index] = holds[index] ? value : right[index] }
                } else {
                    for index in 0..<count {
                        unsafe to[index] =
                            holds[index &* step] ? left[index &* leftStep] : right[index &* rightStep]
                    }
                }
            }
        }
    }

    private func chooseStrings(
        _ plan: BroadcastPlan, _ condition: Tensor, _ first: Tensor, _ second: Tensor, into outputs: inout Outputs
    ) throws(ComputeError) {
        let conditions = try condition.elements(of: Bool.self)
        try outputs.context.checkStrings(try plan.shape.checkedElementCount())
        var result: [String] = []
        var plan = plan
        for _ in 0..<plan.rowCount {
            for index in 0..<plan.rowLength {
                result.append(
                    conditions[plan.first + index * plan.steps[0]]
                        ? first.strings[plan.second + index * plan.steps[1]]
                        : second.strings[plan.third + index * plan.steps[2]])
            }
            plan.advance()
        }
        outputs.set(0, try Tensor(strings: result, shape: plan.shape, budget: outputs.context.budget))
    }
}
