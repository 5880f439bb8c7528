// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

extension Array where Element: BitwiseCopyable {
    /// The elements of a tensor of the given shape with its axes in another order.
    package func permuted(_ shape: Shape, _ order: [Int]) -> [Element] {
        let strides = shape.strides
        let sizes = order.map { shape[$0] }
        let steps = order.map { strides[$0] }
        var indices = [Int](repeating: 0, count: order.count)
        var result: [Element] = []
        result.reserveCapacity(count)
        var offset = 0
        for _ in 0..<count {
            result.append(self[offset])
            for axis in order.indices.reversed() {
                indices[axis] += 1
                offset += steps[axis]
                if indices[axis] < sizes[axis] { break }
                offset -= steps[axis] * sizes[axis]
                indices[axis] = 0
            }
        }
        return result
    }
}

extension Tensor {
    /// The tensor with its axes in another order.
    package func permuted(_ order: [Int]) throws(ComputeError) -> Tensor {
        guard order.sorted() == Array(0..<shape.rank) else {
            throw .shape("\(order) does not order the axes of \(self)")
        }
        let target = Shape(order.map { shape[$0] })
        switch elementType {
        case .float32: return try Tensor(try array(of: Float.self).permuted(shape, order), shape: target)
        case .int8: return try Tensor(try array(of: Int8.self).permuted(shape, order), shape: target)
        case .uint8: return try Tensor(try array(of: UInt8.self).permuted(shape, order), shape: target)
        default: throw .elementType("expected f32, i8 or u8, the tensor is \(self)")
        }
    }

    /// Moves the last axis behind the first: channels last becomes channels first.
    package func channelsFirst() throws(ComputeError) -> Tensor {
        guard shape.rank >= 3 else { throw .shape("\(self) has no channels and space") }
        return try permuted([0, shape.rank - 1] + Array(1..<(shape.rank - 1)))
    }

    /// Moves the axis behind the first to the end: channels first becomes channels last.
    package func channelsLast() throws(ComputeError) -> Tensor {
        guard shape.rank >= 3 else { throw .shape("\(self) has no channels and space") }
        return try permuted([0] + Array(2..<shape.rank) + [1])
    }
}

extension InferredValue {
    /// The type of a tensor of channels last with its channels first.
    package var channelsFirst: InferredValue {
        guard case .tensor(let elementType, let dimensions?) = type, dimensions.count >= 3 else { return self }
        return .tensor(
            elementType, [dimensions[0], dimensions[dimensions.count - 1]] + dimensions[1..<(dimensions.count - 1)])
    }

    /// The type of a tensor of channels first with its channels last.
    package var channelsLast: InferredValue {
        guard case .tensor(let elementType, let dimensions?) = type, dimensions.count >= 3 else { return self }
        return .tensor(elementType, [dimensions[0]] + dimensions[2...] + [dimensions[1]])
    }
}
