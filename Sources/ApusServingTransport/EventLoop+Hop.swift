// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

extension EventLoop {
    /// Carries out a closure on the event loop's thread: at once where this is that thread.
    package func hop(_ body: @escaping @Sendable () -> Void) {
        if inEventLoop { body() } else { execute(body) }
    }
}
