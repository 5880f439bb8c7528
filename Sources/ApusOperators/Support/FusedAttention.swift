// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusKernels
package import ApusTensors

/// Attention over `f32` tensors by the kernel that never writes all scores.
package struct FusedAttention: Sendable {
    /// The sizes and rules.
    package var shape: AttentionShape
    private let steps: (query: HeadSteps, key: HeadSteps, value: HeadSteps)

    /// Describes attention of queries, keys and values laid out as said.
    package init(_ query: HeadLayout, _ key: HeadLayout, _ value: HeadLayout, scale: Float, softcap: Float = 0) {
        shape = AttentionShape(
            batch: query.batch, heads: query.heads, keyHeads: key.heads, queries: query.length, keys: key.length,
            depth: query.features, values: value.features, scale: scale)
        shape.softcap = softcap
        steps = (query.steps, key.steps, value.steps)
    }

    /// Describes attention over elements at given distances; the caller vouches for them.
    package init(
        _ shape: AttentionShape, _ steps: (query: HeadSteps, key: HeadSteps, value: HeadSteps)
    ) {
        self.shape = shape
        self.steps = steps
    }

    /// Checks that queries, keys and values go together.
    ///
    /// - Throws: ``ComputeError`` with code `shape`.
    package func check(_ query: HeadLayout, _ key: HeadLayout, _ value: HeadLayout) throws(ComputeError) {
        guard key.batch == query.batch, value.batch == query.batch, key.features == query.features,
            key.heads == value.heads, key.length == value.length, key.heads > 0, query.heads % key.heads == 0
        else { throw .shape("queries \(query.shape), keys \(key.shape) and values \(value.shape)") }
    }

    /// What is added to the scores.
    package struct Mask {
        fileprivate let tensor: Tensor?
        fileprivate let steps: HeadSteps

        /// Reads numbers, or booleans that are false where a key is hidden; keys past the end of a row are hidden.
        ///
        /// - Throws: ``ComputeError`` with code `shape` when the mask does not fit.
        package init(_ tensor: Tensor?, _ shape: AttentionShape) throws(ComputeError) {
            guard let tensor else {
                self.tensor = nil
                steps = HeadSteps(item: 0, head: 0, place: 0)
                return
            }
            let sizes = tensor.shape
            guard sizes.rank >= 1, sizes.rank <= 4, sizes[sizes.rank - 1] <= shape.keys else {
                throw .shape("a mask \(sizes) for \(shape.keys) keys")
            }
            var whole = sizes
            whole[whole.rank - 1] = shape.keys
            let own = whole.steps
            let wanted = ShortList(shape.batch, shape.heads, shape.queries)
            var strides = ShortList<Int>(repeating: 0, count: 3)
            for axis in 0..<sizes.rank - 1 {
                let place = axis + 4 - sizes.rank
                guard sizes[axis] == 1 || sizes[axis] == wanted[place] else {
                    throw .shape("a mask \(sizes) for \(wanted[1]) heads of \(wanted[2]) queries")
                }
                strides[place] = sizes[axis] == 1 ? 0 : own[axis]
            }
            steps = HeadSteps(item: strides[0], head: strides[1], place: strides[2])
            self.tensor = try Mask.numbers(tensor, rowLength: shape.keys)
        }

        private static func numbers(_ tensor: Tensor, rowLength: Int) throws(ComputeError) -> Tensor {
            let length = tensor.shape[tensor.shape.rank - 1]
            if tensor.elementType == .float32, length == rowLength { return tensor }
            let shape = Shape(Array(tensor.shape.dimensions.dropLast()) + [rowLength])
            var values: [Float]
            if tensor.elementType == .bool {
                values = try tensor.integers().map { $0 != 0 ? 0 : -.infinity }
            } else if tensor.elementType.isInteger {
                values = try tensor.integers().map { Float($0) }
            } else {
                values = try tensor.reals(as: Float.self)
            }
            guard length < rowLength else { return try Tensor(values, shape: shape) }
            var padded = [Float](repeating: -.infinity, count: try shape.checkedElementCount())
            for index in values.indices { padded[index / length * rowLength + index % length] = values[index] }
            return try Tensor(padded, shape: shape)
        }
    }

    /// Writes the weighted values, multiplying numbers of a precision.
    package func run(
        _ queries: Tensor, _ keys: Tensor, _ values: Tensor, _ mask: Mask, into target: borrowing MutableTensor,
        _ targetSteps: HeadSteps, _ context: EvaluationContext, precision: Precision = .f32
    ) {
        precondition(queries.elementType == .float32 && keys.elementType == .float32)
        precondition(values.elementType == .float32)
        guard target.shape.elementCount > 0 else { return }
        // SAFETY: the layouts were made from the tensors' shapes, or vouched for; all outlive the call.
        unsafe context.vectorKernels.multiplying(precision).attention(
            shape, UnsafePointer(queries.baseAddress.assumingMemoryBound(to: Float.self)), steps.query,
            UnsafePointer(keys.baseAddress.assumingMemoryBound(to: Float.self)), steps.key,
            UnsafePointer(values.baseAddress.assumingMemoryBound(to: Float.self)), steps.value,
            mask: mask.tensor.map { unsafe UnsafePointer($0.baseAddress.assumingMemoryBound(to: Float.self)) },
            maskSteps: mask.steps, into: target.baseAddress.assumingMemoryBound(to: Float.self), targetSteps)
        withExtendedLifetime((queries, keys, values, mask.tensor)) {}
    }
}
