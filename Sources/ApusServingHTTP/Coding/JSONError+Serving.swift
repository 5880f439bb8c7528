// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing

extension JSONError {
    /// The refusal of a request for what its JSON says.
    var servingError: ServingError {
        ServingError(.invalidArgument, "\(message), at byte \(offset) of the request's JSON")
    }
}

/// Reads JSON with the errors of a request.
func parsing<Value>(_ read: () throws(JSONError) -> Value) throws(ServingError) -> Value {
    do throws(JSONError) {
        return try read()
    } catch {
        throw error.servingError
    }
}
