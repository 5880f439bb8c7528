// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusServing

/// Something worth telling whoever started the server.
package enum ServerEvent: Sendable, Equatable, CustomStringConvertible {
    /// A listener takes connections.
    case listening(protocol: String, address: String)
    /// Something became of a model.
    case model(RepositoryEvent)
    /// Everything that was to be loaded is, or has failed to.
    case started
    /// The signal to stop has come; so many requests are under way.
    case stopping(requestCount: Int)
    /// The time to stop is over; so many requests did not end.
    case stopped(requestCount: Int)

    /// Whether the log's settings ask for it; what the server itself does is always told.
    func isWanted(_ logs: LogSettings.Values) -> Bool {
        switch self {
        case .model(.failed), .model(.unreadable): logs.error
        case .model: logs.info
        default: true
        }
    }

    /// One line.
    package var description: String {
        switch self {
        case .listening(let name, let address): "\(name) on \(address)"
        case .model(.loaded(let model, let versions, let notes)):
            "model \(model) version \(versions.map(String.init).joined(separator: ", "))"
                + (notes.isEmpty ? "" : ": " + notes.joined(separator: "; "))
        case .model(.failed(let model, let reason)): "model \(model) failed: \(reason)"
        case .model(.unloaded(let model)): "model \(model) unloaded"
        case .model(.notWatched(let reason)): "changes of models are looked for at intervals only: \(reason)"
        case .model(.unreadable(let path, let reason)): "\(path) cannot be read: \(reason)"
        case .started: "ready"
        case .stopping(let count): "stopping, \(count) \(count == 1 ? "request" : "requests") under way"
        case .stopped(let count):
            count == 0 ? "stopped" : "stopped, \(count) \(count == 1 ? "request" : "requests") not answered"
        }
    }
}
