// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServingTransport
import GRPCCore
import NIOHPACK

/// What the head of a call says.
struct CallHead {
    /// The path of the method, as `/package.Service/Method`.
    let path: String
    /// How messages are packed; nil where they are not.
    let compression: Compression?
    /// How long the client waits; nil where it does not say.
    let timeout: Duration?

    /// Why a call is not taken: the status of HTTP, and the status of gRPC where it is one.
    struct Refusal: Error {
        var httpStatus = 200
        var error: RPCError?
    }

    init(_ headers: HPACKHeaders) throws(Refusal) {
        guard headers.first(name: "content-type")?.hasPrefix("application/grpc") ?? false else {
            throw Refusal(httpStatus: 415)
        }
        guard headers.first(name: ":method") == "POST", let path = headers.first(name: ":path") else {
            throw Refusal(httpStatus: 405)
        }
        self.path = path
        switch headers.first(name: "grpc-encoding") {
        case nil, "identity": compression = nil
        case .some(let name):
            guard let compression = Compression(rawValue: name) else {
                let message = "grpc-encoding is '\(name)', expected identity, gzip or deflate"
                throw Refusal(error: RPCError(code: .unimplemented, message: message))
            }
            self.compression = compression
        }
        timeout = headers.first(name: "grpc-timeout").flatMap(CallHead.timeout)
    }

    /// The method of the path; nil for a path that names none.
    var method: MethodDescriptor? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].isEmpty else { return nil }
        return MethodDescriptor(fullyQualifiedService: String(parts[1]), method: String(parts[2]))
    }

    /// The time of a header as `20m`; nil for one that is no such time.
    static func timeout(_ text: String) -> Duration? {
        guard let unit = text.utf8.last, let count = Int64(text.dropLast()), count >= 0 else { return nil }
        return switch unit {
        case UInt8(ascii: "H"): .seconds(min(count, 1_000_000) * 3600)
        case UInt8(ascii: "M"): .seconds(min(count, 100_000_000) * 60)
        case UInt8(ascii: "S"): .seconds(min(count, 1_000_000_000))
        case UInt8(ascii: "m"): .milliseconds(count)
        case UInt8(ascii: "u"): .microseconds(count)
        case UInt8(ascii: "n"): .nanoseconds(count)
        default: nil
        }
    }
}
