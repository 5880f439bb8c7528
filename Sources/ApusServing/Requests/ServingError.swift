// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Why a request was refused or failed; every edge maps the code to its own status.
package struct ServingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kind of failure.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The name of the kind, as gRPC spells it.
        package let description: String

        /// The request says something that the model or the protocol does not allow.
        package static let invalidArgument = Code(description: "INVALID_ARGUMENT")
        /// There is no such model, version or region.
        package static let notFound = Code(description: "NOT_FOUND")
        /// The server cannot take the request now; another one may, or this one later.
        package static let unavailable = Code(description: "UNAVAILABLE")
        /// A limit in requests or bytes is reached.
        package static let resourceExhausted = Code(description: "RESOURCE_EXHAUSTED")
        /// The name is taken.
        package static let alreadyExists = Code(description: "ALREADY_EXISTS")
        /// The server does not do this.
        package static let unimplemented = Code(description: "UNIMPLEMENTED")
        /// The server is in no state to do this.
        package static let failedPrecondition = Code(description: "FAILED_PRECONDITION")
        /// The caller's deadline passed before the work was done.
        package static let deadlineExceeded = Code(description: "DEADLINE_EXCEEDED")
        /// The caller gave up.
        package static let cancelled = Code(description: "CANCELLED")
        /// The server or the model failed.
        package static let `internal` = Code(description: "INTERNAL")
    }

    /// The kind of failure.
    package var code: Code
    /// What was expected, what was there instead, and where.
    package var message: String
    /// After what time it is worth trying again, where the server can tell.
    package var retryAfter: Duration?

    /// Makes an error.
    package init(_ code: Code, _ message: String, retryAfter: Duration? = nil) {
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }

    /// Code and message in one line.
    package var description: String { "\(code): \(message)" }
}
