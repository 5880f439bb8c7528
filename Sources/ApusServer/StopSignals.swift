// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import UnixSignals

/// The signals that end the process: the first asks it to, the second makes it.
package enum StopSignals {
    /// Returns at the first SIGTERM or SIGINT; another one ends the process at once.
    package static func wait() async {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let (first, arrival) = AsyncStream<Void>.makeStream()
        Task.detached {
            var isFirst = true
            for await signal in signals {
                if !isFirst { _exit(128 + signal.number) }
                isFirst = false
                arrival.finish()
            }
        }
        for await _ in first {}
    }
}

extension UnixSignal {
    fileprivate var number: Int32 { self == .sigint ? SIGINT : SIGTERM }
}
