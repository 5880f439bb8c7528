// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Holds back what is done until everything that began before it is done too.
package struct ResponseOrder<Element> {
    private var begun = 0
    private var released = 0
    private var held: [Int: [Element]] = [:]

    /// Makes an order in which nothing has begun.
    package init() {}

    /// The number of what begins now.
    package mutating func begin() -> Int {
        begun += 1
        return begun - 1
    }

    /// Something is done: it and what waited for it may go, in the order of beginning.
    package mutating func finish(_ number: Int, _ elements: [Element]) -> [Element] {
        guard number == released else {
            held[number] = elements
            return []
        }
        released += 1
        var result = elements
        while let next = held.removeValue(forKey: released) {
            result += next
            released += 1
        }
        return result
    }
}
