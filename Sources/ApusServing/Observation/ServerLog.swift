// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The server's log: lines of the levels that the settings ask for, written by a thread of its own.
package struct ServerLog: Sendable {
    /// How much a line matters.
    package enum Level: Character, Sendable {
        /// Something worth knowing.
        case info = "I"
        /// Something that may become a problem.
        case warning = "W"
        /// Something failed.
        case error = "E"
    }

    /// What is logged.
    package let settings: LogSettings
    private let writer: BackgroundWriter

    /// Makes a log.
    package init(_ settings: LogSettings, _ writer: BackgroundWriter) {
        self.settings = settings
        self.writer = writer
    }

    /// Whether each request is to have a line.
    package var tellsRequests: Bool { settings.verboseLevel.load(ordering: .relaxed) > 0 }

    /// Writes a line when its level is asked for.
    package func write(_ level: Level, _ message: @autoclosure () -> String) {
        let values = settings.values
        let isWanted =
            switch level {
            case .info: values.info
            case .warning: values.warning
            case .error: values.error
            }
        guard isWanted else { return }
        line(level, message(), values.format)
    }

    /// Writes a line about a request, which ``tellsRequests`` asked for.
    func writeRequest(_ message: String) { line(.info, message, settings.values.format) }

    private func line(_ level: Level, _ message: String, _ format: String) {
        let text = "\(ServerLog.stamp(level, format)) \(getpid())] \(ServerLog.printable(message))"
        writer.write(.line(text))
    }

    /// The level and the time, as Triton writes them.
    private static func stamp(_ level: Level, _ format: String) -> String {
        var now = timespec()
        // SAFETY: the call fills the structure it is given.
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        let stamp = TimeStamp(seconds: now.tv_sec, microseconds: now.tv_nsec / 1000)
        return format == "ISO8601" ? "\(stamp.iso8601) \(level.rawValue)" : "\(level.rawValue)\(stamp.short)"
    }

    /// Text in which nothing a client sent can end a line.
    private static func printable(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return text }
        return String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : $0 }))
    }
}
