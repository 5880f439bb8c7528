// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

extension Inputs {
    /// Refuses tensors that hold nothing but whose other sizes would make loops and buffers endless.
    package func checkSizes() throws(ComputeError) {
        for index in 0..<count {
            guard case .tensor(let tensor)? = self[index], tensor.elementCount == 0 else { continue }
            var sizes = tensor.shape
            for axis in sizes.indices { sizes[axis] = max(sizes[axis], 1) }
            guard try sizes.checkedElementCount() <= 1 << 26 else {
                throw .limit("an empty tensor of the shape \(tensor.shape)")
            }
        }
    }
}

extension EvaluationContext {
    /// Zeros to work with; refused where neither the budget nor the system has room for them.
    package func scratch<Element: RealElement>(
        _ shape: Shape, of type: Element.Type
    ) throws(ComputeError) -> [Element] {
        _ = try MutableTensor(Element.elementType, shape, uninitialized: (), budget: budget)
        return [Element](repeating: 0, count: shape.elementCount)
    }
}
