// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Why a server could not start.
package struct ServerFailure: Error, Sendable, CustomStringConvertible {
    /// What was tried, and what the system said.
    package let description: String
}
