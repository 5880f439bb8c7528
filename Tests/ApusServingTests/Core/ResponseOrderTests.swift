// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Testing

@Suite struct ResponseOrderTests {
    @Test("What is done early waits for what began before it")
    func holdsBack() {
        var order = ResponseOrder<String>()
        let numbers = (0..<3).map { _ in order.begin() }
        let third = order.finish(numbers[2], ["c"])
        let second = order.finish(numbers[1], ["b"])
        let first = order.finish(numbers[0], ["a", "A"])
        #expect(third.isEmpty)
        #expect(second.isEmpty)
        #expect(first == ["a", "A", "b", "c"])
        let next = order.begin()
        let fourth = order.finish(next, ["d"])
        #expect(fourth == ["d"])
    }
}
