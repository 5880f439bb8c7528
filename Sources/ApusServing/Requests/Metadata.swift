// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What the server says of itself.
package struct ServerMetadata: Sendable, Equatable {
    /// The server's name.
    package var name: String
    /// The server's version.
    package var version: String
    /// The names of the protocol's extensions that are spoken.
    package var extensions: [String]
}

/// What a model says of itself.
package struct ModelMetadata: Sendable, Equatable {
    /// One input or output.
    package struct Port: Sendable, Equatable {
        /// The name.
        package var name: String
        /// The datatype by its name in the protocol.
        package var datatype: Datatype
        /// The sizes, -1 for one that varies; the batch is the first where the model batches.
        package var shape: [Int64]

        /// Describes an input or output.
        package init(name: String, datatype: Datatype, shape: [Int64]) {
            self.name = name
            self.datatype = datatype
            self.shape = shape
        }
    }

    /// The name.
    package var name: String
    /// The versions served, or the one that was asked for.
    package var versions: [String]
    /// The platform of its configuration, such as `onnxruntime_onnx`.
    package var platform: String
    /// The inputs, in the configuration's order.
    package var inputs: [Port]
    /// The outputs, in the configuration's order.
    package var outputs: [Port]
}

/// One line of the repository's index.
package struct RepositoryIndexEntry: Sendable, Equatable {
    /// The model's name.
    package var name: String
    /// The version, or empty for a model that was never loaded.
    package var version: String
    /// `READY`, `LOADING`, `UNLOADING` or `UNAVAILABLE`, or empty for a model that was never loaded.
    package var state: String
    /// Why it is not ready.
    package var reason: String

    /// Makes a line.
    package init(name: String, version: String = "", state: String = "", reason: String = "") {
        self.name = name
        self.version = version
        self.state = state
        self.reason = reason
    }
}
