// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

/// Makes the tensor of a `Constant` node.
struct ConstantNode {
    let title: String
    let byteOffset: Int

    func tensor(_ attributes: [String: Attribute]) throws(ImportError) -> Tensor {
        guard attributes.count == 1, let (name, attribute) = attributes.first else {
            throw ImportError(.graph, "\(title) has \(attributes.count) attributes, expected one", at: byteOffset)
        }
        return try computing(byteOffset) { () throws(ComputeError) in
            switch (name, attribute) {
            case ("value", .tensor(let tensor)), ("sparse_value", .tensor(let tensor)): return tensor
            case ("value_int", .integer(let value)): return try Tensor(scalar: value)
            case ("value_float", .float(let value)): return try Tensor(scalar: value)
            case ("value_string", .string(let value)): return try Tensor(strings: [value], shape: .scalar)
            case ("value_ints", .integers(let values)): return try Tensor(values, shape: [values.count])
            case ("value_floats", .floats(let values)): return try Tensor(values, shape: [values.count])
            case ("value_strings", .strings(let values)): return try Tensor(strings: values, shape: [values.count])
            default: throw .attribute("\(title) has the attribute \(name.quoted), which makes no constant")
            }
        }
    }
}
