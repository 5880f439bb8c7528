// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// The value of a parameter that a request, an output or a response carries.
package enum ParameterValue: Sendable, Equatable {
    case bool(Bool)
    case integer(Int64)
    case unsigned(UInt64)
    case double(Double)
    case string(String)
}
