// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// One input of a request.
package struct RequestInput: Sendable {
    /// The input's name.
    package var name: String
    /// Its elements; the shape includes the batch.
    package var data: TensorData

    /// Makes an input of a tensor.
    package init(name: String, tensor: Tensor) {
        self.name = name
        data = .tensor(tensor)
    }

    /// Makes an input of BYTES elements.
    package init(name: String, bytes: ByteStrings) {
        self.name = name
        data = .bytes(bytes)
    }
}
