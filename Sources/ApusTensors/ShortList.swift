// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What a short list can hold: plain values with one that fills the places not in use.
public protocol ShortListElement: BitwiseCopyable, Hashable, Sendable {
    /// What fills a place that is not in use.
    init()
}

extension Int: ShortListElement {}
extension Float: ShortListElement {}

/// A list that lies in place up to eight elements, and on the heap beyond.
///
/// Sizes, steps and axes are such lists, so that working with shapes allocates nothing.
public struct ShortList<Element: ShortListElement>: Sendable {
    @usableFromInline static var capacity: Int { 8 }
    // A tuple and not an InlineArray, which would make every borrow of a tensor's elements a borrow of its address.
    @usableFromInline var places: (Element, Element, Element, Element, Element, Element, Element, Element)
    @usableFromInline var length: Int
    /// All elements, once they are more than fit in place.
    @usableFromInline var spilled: [Element]?

    /// An empty list.
    @inlinable
    public init() { self.init(filling: Element()) }

    /// The same element a number of times.
    @inlinable
    public init(repeating element: Element, count: Int) {
        precondition(count >= 0)
        self.init(filling: element)
        length = count
        spilled = count > Self.capacity ? [Element](repeating: element, count: count) : nil
    }

    @inlinable
    init(filling element: Element) {
        places = (element, element, element, element, element, element, element, element)
        length = 0
        spilled = nil
    }

    /// The element at a place below the capacity.
    @inlinable
    func place(_ index: Int) -> Element {
        // SAFETY: callers checked that the index is one of the eight elements, which lie one after the other.
        unsafe withUnsafeBytes(of: places) { bytes in
            unsafe bytes.load(fromByteOffset: index &* MemoryLayout<Element>.stride, as: Element.self)
        }
    }

    /// Sets the element at a place below the capacity.
    @inlinable
    mutating func setPlace(_ index: Int, _ element: Element) {
        // SAFETY: as above.
        unsafe withUnsafeMutableBytes(of: &places) { bytes in
            unsafe bytes.storeBytes(of: element, toByteOffset: index &* MemoryLayout<Element>.stride, as: Element.self)
        }
    }

    /// The elements of a sequence.
    @inlinable
    public init(_ elements: some Sequence<Element>) {
        self.init()
        for element in elements { append(element) }
    }

    /// Two to six elements; a literal of variables allocates an array on the way.
    @inlinable
    public init(
        _ first: Element, _ second: Element, _ third: Element? = nil, _ fourth: Element? = nil,
        _ fifth: Element? = nil, _ sixth: Element? = nil
    ) {
        self.init()
        append(first)
        append(second)
        if let third { append(third) }
        if let fourth { append(fourth) }
        if let fifth { append(fifth) }
        if let sixth { append(sixth) }
    }

    /// Adds an element at the end.
    @inlinable
    public mutating func append(_ element: Element) {
        if length < Self.capacity {
            setPlace(length, element)
        } else if spilled == nil {
            var all: [Element] = []
            all.reserveCapacity(2 * Self.capacity)
            for index in 0..<length { all.append(place(index)) }
            all.append(element)
            spilled = all
        } else {
            spilled?.append(element)
        }
        length += 1
    }
}

extension ShortList: RandomAccessCollection, MutableCollection {
    /// Always 0.
    @inlinable public var startIndex: Int { 0 }
    /// The number of elements.
    @inlinable public var endIndex: Int { length }
    /// The number of elements.
    @inlinable public var count: Int { length }

    /// One element.
    @inlinable
    public subscript(position: Int) -> Element {
        get {
            if let spilled { return spilled[position] }
            precondition(position >= 0 && position < length)
            return place(position)
        }
        set {
            precondition(position >= 0 && position < length)
            if spilled != nil { spilled?[position] = newValue } else { setPlace(position, newValue) }
        }
    }
}

extension ShortList: RangeReplaceableCollection {
    /// Replaces a range of elements by others.
    @inlinable
    public mutating func replaceSubrange(
        _ range: Range<Int>, with elements: some Collection<Element>
    ) {
        var result = ShortList()
        for index in 0..<range.lowerBound { result.append(self[index]) }
        for element in elements { result.append(element) }
        for index in range.upperBound..<length { result.append(self[index]) }
        self = result
    }
}

extension ShortList: Hashable {
    /// Whether both hold the same elements.
    @inlinable
    public static func == (left: ShortList, right: ShortList) -> Bool {
        guard left.length == right.length else { return false }
        for index in 0..<left.length where left[index] != right[index] { return false }
        return true
    }

    /// Mixes in the elements.
    @inlinable
    public func hash(into hasher: inout Hasher) {
        hasher.combine(length)
        for index in 0..<length { hasher.combine(self[index]) }
    }
}

extension ShortList: ExpressibleByArrayLiteral, CustomStringConvertible {
    /// The elements of a literal.
    @inlinable
    public init(arrayLiteral elements: Element...) {
        self.init(elements)
    }

    /// The elements as `[2, 3]`.
    public var description: String { "[" + map { "\($0)" }.joined(separator: ", ") + "]" }
}
