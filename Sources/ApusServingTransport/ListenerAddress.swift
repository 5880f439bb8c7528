// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Where a listener waits for connections.
package enum ListenerAddress: Sendable, Equatable, CustomStringConvertible {
    /// A host's name or address, and a port; 0 takes any that is free.
    case host(String, port: Int)
    /// The path of a Unix socket.
    case unix(String)

    package var description: String {
        switch self {
        case .host(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
