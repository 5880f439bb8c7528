// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What goes to the user's screen.
enum Terminal {
    /// Whether results go to a terminal rather than a file or a pipe.
    static let hasOutput = isatty(STDOUT_FILENO) == 1
    /// Whether messages go to a terminal.
    static let hasMessages = isatty(STDERR_FILENO) == 1
    /// Whether colour is wanted: results go to a terminal, and neither `NO_COLOR` nor a dumb terminal says no.
    static let hasColour = hasOutput && environment("NO_COLOR").isEmpty && environment("TERM") != "dumb"

    /// The columns of the terminal that messages go to.
    static var width: Int {
        var size = winsize()
        // SAFETY: the request fills the structure it is given.
        guard unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1 else { return 80 }
        return Int(size.ws_col)
    }

    private static func environment(_ name: String) -> String {
        // SAFETY: the value is a C string and copied at once.
        unsafe getenv(name).map { unsafe String(cString: $0) } ?? ""
    }

    /// A style of text.
    enum Style: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case cyan = "36"
    }

    /// The text in a style, where results go to a terminal.
    static func styled(_ text: String, _ style: Style) -> String {
        hasColour ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Writes a line that is no result: to standard error.
    static func note(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    /// Writes to standard error as it is.
    static func show(_ text: String) { write(text, to: STDERR_FILENO) }

    /// Writes a line of a protocol at once, past any buffer.
    static func sayNow(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    private static func write(_ text: String, to descriptor: Int32) {
        var left = Array(text.utf8)[...]
        while !left.isEmpty {
            // SAFETY: the kernel reads only the bytes of the slice.
            let count = unsafe left.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            left = left.dropFirst(count)
        }
    }
}
