// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

extension Inputs {
    /// A required tensor of strings.
    func strings(_ index: Int) throws(ComputeError) -> Tensor {
        let tensor = try tensor(index)
        guard tensor.elementType == .string else { throw .elementType("expected strings, input \(index) is \(tensor)") }
        return tensor
    }
}

extension Tensor {
    /// The elements repeated to fill a wider shape this one broadcasts to.
    func expanded(to wider: Shape, in context: EvaluationContext) throws(ComputeError) -> Tensor {
        if try wider.checkedElementCount() == elementCount { return try reshaped(to: wider) }
        var canvas = try Canvas(elementType, wider, in: context)
        try canvas.copy(
            self,
            Block(sizes: wider.sizes, sourceSteps: shape.steps(broadcastTo: wider), targetSteps: wider.steps))
        return try canvas.finish()
    }
}
