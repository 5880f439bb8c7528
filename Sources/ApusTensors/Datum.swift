// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What flows along a value of a graph when it runs.
public enum Datum: Sendable {
    /// A tensor.
    case tensor(Tensor)
    /// An ordered list of tensors, maps or further sequences.
    case sequence([Datum])
    /// A map from integers or strings to tensors.
    case map(TensorMap)
    /// An optional that holds nothing; one that holds something is that thing.
    case none

    /// The tensor, if this is one.
    public var tensor: Tensor? {
        if case .tensor(let tensor) = self { tensor } else { nil }
    }
}

/// Keys and values of a map, in the order they were written.
public struct TensorMap: Sendable {
    /// An `i64` or string tensor of rank 1.
    public var keys: Tensor
    /// One element per key along the first dimension.
    public var values: Tensor

    /// Makes a map.
    public init(keys: Tensor, values: Tensor) {
        self.keys = keys
        self.values = values
    }
}
