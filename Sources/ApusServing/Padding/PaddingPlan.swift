// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// How requests of different lengths along one axis share a batch: what is padded with what, and what is cut again.
package struct PaddingPlan: Sendable, Equatable {
    /// An input that is padded.
    package struct Input: Sendable, Equatable {
        /// Its place among the model's inputs.
        package var position: Int
        /// The axis, the batch included.
        package var axis: Int
        /// What is put behind its elements: the bytes of one element.
        package var filling: [UInt8]
        /// Whether it tells elements from padding: ones, then zeros, which the server makes where a request does not.
        package var isMask: Bool
        var name: String
        /// The number of its sizes, the batch included.
        var rank: Int
        /// The bytes of the number one.
        var one: [UInt8]
        var datatype: Datatype
        var elementType: ElementType { datatype.elementType }
    }

    /// An output that is cut to the length of its request.
    package struct Output: Sendable, Equatable {
        /// Its place among the model's outputs.
        package var position: Int
        /// The axes, the batch included.
        package var axes: [Int]
    }

    /// The inputs that are padded.
    package var inputs: [Input]
    /// The outputs that are cut.
    package var outputs: [Output]
    /// Requests share a batch when the same of these is the first that is long enough, the smallest first.
    package var buckets: [Int]

    /// The bucket of a length; longer ones than the largest are among themselves.
    package func bucket(_ length: Int) -> Int {
        guard buckets.isEmpty else { return buckets.first { $0 >= length } ?? length }
        return Self.usualBucket(length)
    }

    /// 16, and from there on powers of two and the halves between them: 24, 32, 48, 64, 96.
    private static func usualBucket(_ length: Int) -> Int {
        var size = 16
        while size < length, size < 1 << 40 {
            guard size + size / 2 < length else { return size + size / 2 }
            size *= 2
        }
        return max(size, length)
    }

    func input(at position: Int) -> Input? { inputs.first { $0.position == position } }
    func output(at position: Int) -> Output? { outputs.first { $0.position == position } }

    /// The length all requests of a batch are to have, the longest there is; nil where they have one length anyway.
    func commonLength(_ slots: [RequestSlot]) -> Int? {
        guard let first = slots.first, slots.contains(where: { $0.length != first.length }) else { return nil }
        return slots.reduce(0) { max($0, $1.length) }
    }

    /// Compares the lengths of a request's inputs, and adds the mask where it was left out.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument` that names two inputs of different lengths.
    func complete(_ slot: RequestSlot, _ request: InferenceRequest, model: String) throws(ServingError) {
        var known: (name: String, shape: Shape, length: Int)?
        for input in inputs {
            guard let shape = slot.inputs[input.position].tensor?.shape, input.axis < shape.rank else { continue }
            let length = shape[input.axis]
            if let known, known.length != length {
                throw ServingError(
                    .invalidArgument,
                    request.prefix + "inputs '\(known.name)' and '\(input.name)' of model '\(model)' have different "
                        + "lengths: \(known.length) and \(length)")
            }
            known = known ?? (input.name, shape, length)
        }
        guard let known else { return }
        slot.length = known.length
        for mask in inputs where mask.isMask {
            guard case .none = slot.inputs[mask.position] else { continue }
            let shape = Shape(
                [known.shape[0]] + (1..<mask.rank).map { $0 == mask.axis ? known.length : 1 })
            do throws(ComputeError) {
                slot.inputs[mask.position] = .tensor(try PaddedTensor.filled(mask, shape))
            } catch {
                throw ServingError(.resourceExhausted, request.prefix + "the mask '\(mask.name)': \(error.message)")
            }
        }
    }
}
