// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

public import ApusTensors

/// A named setting of a node, as ONNX knows them.
public enum Attribute: Sendable {
    case integer(Int64)
    case float(Float)
    case string(String)
    case tensor(Tensor)
    case graph(Graph)
    case type(ValueType)
    case integers([Int64])
    case floats([Float])
    case strings([String])
    case tensors([Tensor])
    case graphs([Graph])
    case types([ValueType])
}
