// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Memory of a test, with guards on both sides that show writes out of bounds.
@safe
final class Buffer<Element: BitwiseCopyable & Equatable> {
    private static var guardCount: Int { 80 }
    private let base: UnsafeMutablePointer<Element>
    private let filler: Element
    let count: Int

    init(_ count: Int, filler: Element) {
        self.count = count
        self.filler = filler
        // SAFETY: allocated here, freed in deinit.
        unsafe base = .allocate(capacity: count + 2 * Self.guardCount)
        unsafe base.initialize(repeating: filler, count: count + 2 * Self.guardCount)
    }

    convenience init(_ elements: [Element], filler: Element) {
        self.init(elements.count, filler: filler)
        for index in elements.indices { self[index] = elements[index] }
    }

    deinit { unsafe base.deallocate() }

    var pointer: UnsafeMutablePointer<Element> { unsafe base + Self.guardCount }

    var constant: UnsafePointer<Element> { unsafe UnsafePointer(pointer) }

    subscript(index: Int) -> Element {
        get { unsafe pointer[index] }
        set { unsafe pointer[index] = newValue }
    }

    var array: [Element] { (0..<count).map { self[$0] } }

    /// Whether nothing was written outside.
    var isIntact: Bool {
        (0..<Self.guardCount).allSatisfy { self[-1 - $0] == filler && self[count + $0] == filler }
    }
}

extension Buffer<Float> {
    /// Room for results, full of a number no kernel computes.
    convenience init(results count: Int) { self.init(count, filler: -9.875e30) }

    /// Random numbers of a range.
    convenience init(_ count: Int, in range: ClosedRange<Float>, _ random: inout SeededGenerator) {
        self.init((0..<count).map { _ in Float.random(in: range, using: &random) }, filler: .nan)
    }
}

extension Buffer<UInt8> {
    /// Random bytes.
    convenience init(random count: Int, _ random: inout SeededGenerator) {
        self.init((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }, filler: 0xa5)
    }
}
