// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// The concrete sizes of a tensor's dimensions, outermost first; rank 0 is a scalar.
public struct Shape: Hashable, Sendable, RandomAccessCollection, MutableCollection, ExpressibleByArrayLiteral,
    CustomStringConvertible
{
    /// The sizes where they lie; ``dimensions`` copies them into an array.
    public var sizes: ShortList<Int>

    /// The sizes, outermost first.
    public var dimensions: [Int] {
        get { Array(sizes) }
        set { sizes = ShortList(newValue) }
    }

    /// Makes a shape from its sizes.
    @inlinable
    public init(_ dimensions: [Int]) { sizes = ShortList(dimensions) }

    /// Makes a shape from any sequence of sizes.
    @inlinable
    public init(_ dimensions: some Sequence<Int>) { sizes = ShortList(dimensions) }

    /// Makes a shape from sizes in place.
    @inlinable
    public init(sizes: ShortList<Int>) { self.sizes = sizes }

    /// Makes a shape from a literal such as `[1, 3, 224, 224]`.
    @inlinable
    public init(arrayLiteral elements: Int...) { sizes = ShortList(elements) }

    /// Makes a shape of one dimension; a literal of a variable allocates an array on the way.
    @inlinable
    public static func vector(_ count: Int) -> Shape { Shape(sizes: ShortList(repeating: count, count: 1)) }

    /// Makes a shape of two to four sizes; a literal of variables allocates an array on the way.
    @inlinable
    public init(_ first: Int, _ second: Int, _ third: Int? = nil, _ fourth: Int? = nil) {
        sizes = ShortList(first, second, third, fourth)
    }

    /// The rank-0 shape.
    public static var scalar: Shape { Shape(sizes: ShortList()) }

    /// The number of dimensions.
    public var rank: Int { sizes.count }

    /// Always 0.
    public var startIndex: Int { 0 }
    /// The rank.
    public var endIndex: Int { sizes.count }

    /// The size of one dimension.
    public subscript(position: Int) -> Int {
        get { sizes[position] }
        set { sizes[position] = newValue }
    }

    /// The number of elements; the shape must have passed ``checkedElementCount()`` when it came from outside.
    public var elementCount: Int {
        var count = 1
        for axis in 0..<sizes.count { count = count &* sizes[axis] }
        return count
    }

    /// The number of elements, or an error where a size is negative or the product overflows.
    ///
    /// A shape without elements is refused where its other sizes would make loops over them endless.
    ///
    /// - Throws: ``ComputeError`` with code `limit` or `shape`.
    public func checkedElementCount() throws(ComputeError) -> Int {
        var count = 1
        var hasZero = false
        for axis in 0..<sizes.count {
            let size = sizes[axis]
            guard size >= 0 else { throw .shape("a dimension of \(self) is negative") }
            if size == 0 { hasZero = true }
            let (product, overflow) = count.multipliedReportingOverflow(by: Swift.max(size, 1))
            guard !overflow else { throw .limit("the element count of \(self) overflows") }
            count = product
        }
        guard !hasZero || count <= Shape.mostBesideNothing else {
            throw .limit("the sizes of \(self) are too many for a tensor without elements")
        }
        return hasZero ? 0 : count
    }

    private static let mostBesideNothing = 1 << 28

    /// Elements between neighbours along each dimension in row-major order.
    public var strides: [Int] { Array(steps) }

    /// The strides in place.
    package var steps: ShortList<Int> {
        var result = ShortList<Int>(repeating: 1, count: rank)
        var step = 1
        for axis in stride(from: rank - 1, through: 0, by: -1) {
            result[axis] = step
            step = step &* sizes[axis]
        }
        return result
    }

    /// The axis counted from the front, from one that may count from the back.
    ///
    /// - Throws: ``ComputeError`` with code `shape` when the axis is not in `-rank..<rank`.
    public func axis(_ axis: Int) throws(ComputeError) -> Int {
        guard axis >= -rank, axis < rank else { throw .shape("axis \(axis) is outside the rank \(rank) of \(self)") }
        return axis < 0 ? axis + rank : axis
    }

    /// The shape both broadcast to by NumPy's rules.
    ///
    /// - Throws: ``ComputeError`` with code `shape` when two sizes differ and neither is 1.
    public func broadcast(with other: Shape) throws(ComputeError) -> Shape {
        let rank = Swift.max(self.rank, other.rank)
        var result = ShortList<Int>(repeating: 1, count: rank)
        for offset in 1...Swift.max(rank, 1) where offset <= rank {
            let left = offset <= self.rank ? self[self.rank - offset] : 1
            let right = offset <= other.rank ? other[other.rank - offset] : 1
            guard left == right || left == 1 || right == 1 else {
                throw .shape("\(self) and \(other) do not broadcast")
            }
            result[rank - offset] = left == 1 ? right : left
        }
        return Shape(sizes: result)
    }

    /// Row-major strides for reading a tensor of this shape as if it had the wider shape; 0 where it repeats.
    ///
    /// The shape must broadcast to `wider`.
    public func strides(broadcastTo wider: Shape) -> [Int] { Array(steps(broadcastTo: wider)) }

    /// The strides in place for reading a tensor of this shape as if it had the wider shape.
    package func steps(broadcastTo wider: Shape) -> ShortList<Int> {
        let own = steps
        var result = ShortList<Int>(repeating: 0, count: wider.rank)
        for axis in 0..<rank where self[axis] != 1 { result[axis + wider.rank - rank] = own[axis] }
        return result
    }

    /// The sizes as `[2, 3]`.
    public var description: String { "[" + sizes.map(String.init).joined(separator: ", ") + "]" }
}
