// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// An input or an output of a model as its configuration has it.
package struct TensorSpecification: Sendable, Equatable {
    /// The name.
    package var name: String
    /// The datatype.
    package var datatype: Datatype
    /// The sizes without the batch, -1 for one that varies.
    package var dimensions: [Int]
    /// The sizes the model itself sees, without the batch, where they differ from what requests say.
    package var reshape: [Int]?
    /// Whether a request may leave the input out.
    package var isOptional = false
    /// Whether requests of different sizes may share a batch, end to end along the first dimension.
    package var allowsRaggedBatch = false
    /// The names of an output's indices, for classification.
    package var labels: [String] = []

    /// Makes a specification.
    package init(name: String, datatype: Datatype, dimensions: [Int]) {
        self.name = name
        self.datatype = datatype
        self.dimensions = dimensions
    }
}
