// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Testing

@Suite struct ChangeTrackerTests {
    private func state(_ size: Int) -> ModelFolder.Fingerprint { ["f": FileStatus(kind: .file, byteCount: size)] }

    private let second: Int64 = 1_000_000_000

    @Test("A change is acted on once it has stood still, and once only")
    func settles() {
        var tracker = ChangeTracker(settleTime: .seconds(2))
        tracker.accept("a", state(1))
        #expect(tracker.observe(["a": state(1)], at: 0) == [])
        #expect(tracker.observe(["a": state(2)], at: second) == [])
        #expect(tracker.observe(["a": state(3)], at: 2 * second) == [])
        #expect(tracker.observe(["a": state(3)], at: 3 * second) == [])
        #expect(tracker.observe(["a": state(3)], at: 4 * second) == [.changed("a")])
        #expect(tracker.observe(["a": state(3)], at: 9 * second) == [])
    }

    @Test("Models that appear and vanish are told, and a change taken back is none")
    func appears() {
        var tracker = ChangeTracker(settleTime: .seconds(1))
        #expect(tracker.observe(["a": state(1)], at: 0) == [])
        #expect(tracker.observe(["a": state(1)], at: second) == [.appeared("a")])
        #expect(tracker.observe([:], at: 2 * second) == [])
        #expect(tracker.observe(["a": state(1)], at: 3 * second) == [])
        #expect(tracker.observe([:], at: 4 * second) == [])
        #expect(tracker.observe([:], at: 5 * second) == [.vanished("a")])
    }
}
