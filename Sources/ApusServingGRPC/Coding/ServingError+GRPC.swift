// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import GRPCCore

extension ServingError {
    private static let codes: [Code: RPCError.Code] = [
        .invalidArgument: .invalidArgument,
        .notFound: .notFound,
        .unavailable: .unavailable,
        .resourceExhausted: .resourceExhausted,
        .alreadyExists: .alreadyExists,
        .unimplemented: .unimplemented,
        .failedPrecondition: .failedPrecondition,
        .deadlineExceeded: .deadlineExceeded,
        .cancelled: .cancelled,
        .internal: .internalError,
    ]

    /// The error as a call ends with it; it carries how long to wait where that is known.
    var rpcError: RPCError {
        var metadata = Metadata()
        if let retryAfter {
            let (seconds, attoseconds) = retryAfter.components
            metadata.addString(
                String(seconds * 1000 + attoseconds / 1_000_000_000_000_000), forKey: "grpc-retry-pushback-ms")
        }
        return RPCError(code: ServingError.codes[code] ?? .unknown, message: message, metadata: metadata)
    }
}
