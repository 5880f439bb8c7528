// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// The answer to a request for inference.
package struct InferenceResponse: Sendable {
    /// The model's name.
    package var model: String
    /// The version that answered, as a decimal number.
    package var version: String
    /// The caller's name for the request.
    package var id: String
    /// The outputs, in the order they were asked for, or the model's.
    package var outputs: [ResponseOutput]
    /// What else the response says.
    package var parameters: [String: ParameterValue]
    /// What each stage took.
    package var times: StageTimes
}

/// One output of a response.
package struct ResponseOutput: Sendable {
    /// The output's name.
    package var name: String
    /// The datatype by its name in the protocol.
    package var datatype: Datatype
    /// The elements; those of a BYTES output are the strings of a string tensor, on the wire as UTF-8.
    package var tensor: Tensor

    /// The sizes, outermost first, the batch included.
    package var shape: Shape { tensor.shape }

    /// Makes an output.
    package init(name: String, datatype: Datatype, tensor: Tensor) {
        self.name = name
        self.datatype = datatype
        self.tensor = tensor
    }
}

extension ResponseOutput {
    /// The bytes the elements take in the protocol's binary form.
    package var wireByteCount: Int {
        tensor.elementType == .string ? ByteStrings.wireByteCount(of: tensor.strings) : tensor.byteCount
    }
}
