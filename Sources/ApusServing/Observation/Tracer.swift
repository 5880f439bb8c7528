// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTelemetry
import Synchronization

/// Picks the requests that are traced and writes what is known of them, as Triton writes its traces.
package final class Tracer: Sendable {
    /// A request that is traced.
    struct Ticket: Sendable {
        let id: UInt64
        /// The model whose own settings picked it; empty for those of all models.
        let scope: String
    }

    /// What was picked by the settings of one model, or of all.
    private struct Scope {
        /// Counts the changes of settings; with each, counting begins anew.
        var change: UInt64 = 0
        var seen: UInt64 = 0
        var picked: Int64 = 0
        var ended: Int64 = 0
        var records: [UInt8] = []
        var recordCount = 0
    }

    private struct State {
        var scopes: [String: Scope] = [:]
        var lastID: UInt64 = 0
        var fileCount = 0
    }

    /// What is traced.
    package let settings: TraceSettings
    private let writer: BackgroundWriter
    private let state = Lock(State())

    /// The most bytes of traces of one model that wait to be written; then they are.
    private static let mostBytes = 256 << 10

    /// Makes a tracer.
    package init(_ settings: TraceSettings, _ writer: BackgroundWriter) {
        self.settings = settings
        self.writer = writer
    }

    /// Decides whether a request is traced.
    func begin(_ model: String) -> Ticket? {
        let rule = settings.rule(model)
        guard rule.isOn, rule.rate > 0 else { return nil }
        return state.withLock { state in
            var scope = state.scopes[rule.scope] ?? Scope()
            if scope.change != rule.change {
                write(&scope, &state.fileCount, isIndexed: rule.frequency > 0)
                scope = Scope(change: rule.change)
            }
            defer { state.scopes[rule.scope] = scope }
            scope.seen += 1
            guard scope.seen % rule.rate == 0, rule.count < 0 || scope.picked < rule.count else { return nil }
            scope.picked += 1
            state.lastID += 1
            return Ticket(id: state.lastID, scope: rule.scope)
        }
    }

    /// Takes down a request that was traced; times are nanoseconds of the machine's steady clock.
    func end(
        _ ticket: Ticket, _ request: InferenceRequest, _ result: Result<InferenceResponse, ServingError>, start: Int64,
        end: Int64
    ) {
        let record = TraceRecord.text(ticket.id, request, result, start: start, end: end)
        let rule = settings.rule(request.model)
        state.withLock { state in
            guard var scope = state.scopes[ticket.scope] else { return }
            defer { state.scopes[ticket.scope] = scope }
            if scope.recordCount > 0 { scope.records.append(UInt8(ascii: ",")) }
            scope.records.append(contentsOf: record.utf8)
            scope.recordCount += 1
            scope.ended += 1
            let isLast = rule.count >= 0 && scope.ended >= rule.count
            let isFull = rule.frequency > 0 && scope.recordCount >= rule.frequency
            if isLast || isFull || scope.records.count >= Tracer.mostBytes {
                write(&scope, &state.fileCount, isIndexed: rule.frequency > 0)
            }
        }
    }

    /// Hands on all that was taken down.
    package func finish() {
        state.withLock { state in
            for name in state.scopes.keys.sorted() {
                guard var scope = state.scopes[name] else { continue }
                write(&scope, &state.fileCount, isIndexed: settings.rule(name).frequency > 0)
                state.scopes[name] = scope
            }
        }
    }

    private func write(_ scope: inout Scope, _ fileCount: inout Int, isIndexed: Bool) {
        guard scope.recordCount > 0, let file = settings.file else { return }
        let path = isIndexed ? "\(file).\(fileCount)" : file
        if isIndexed { fileCount += 1 }
        writer.write(.elements(path: path, scope.records))
        scope.records = []
        scope.recordCount = 0
    }
}
