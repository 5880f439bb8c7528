// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// The elements of an input: a tensor of the engine, or bytes that may be no text.
package enum TensorData: Sendable {
    /// A tensor of numbers, or one of text.
    case tensor(Tensor)
    /// The elements of a BYTES tensor as they came.
    case bytes(ByteStrings)

    /// The sizes, outermost first, the batch included.
    package var shape: Shape {
        switch self {
        case .tensor(let tensor): tensor.shape
        case .bytes(let bytes): bytes.shape
        }
    }

    /// The datatype by its name in the protocol, or nil for an element type without one.
    package var datatype: Datatype? {
        switch self {
        case .tensor(let tensor): Datatype(tensor.elementType)
        case .bytes: .bytes
        }
    }

    /// The bytes the elements take in memory.
    package var byteCount: Int {
        switch self {
        case .tensor(let tensor):
            tensor.elementType == .string ? ByteStrings.wireByteCount(of: tensor.strings) : tensor.byteCount
        case .bytes(let bytes): bytes.contents.count + 4 * bytes.count
        }
    }
}
