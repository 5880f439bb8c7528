// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// An immutable, contiguous, row-major array of elements; copies share the memory.
public struct Tensor: Sendable {
    /// What the elements are.
    public let elementType: ElementType
    /// The sizes, outermost first.
    public let shape: Shape
    package let storage: TensorStorage
    package let byteOffset: Int
    /// The elements of a string tensor, empty for any other.
    public let strings: [String]

    /// Views part of a storage as a tensor.
    ///
    /// - Throws: ``ComputeError`` when the storage is too small or the offset breaks the element's alignment.
    package init(
        _ elementType: ElementType, _ shape: Shape, storage: TensorStorage, byteOffset: Int = 0
    ) throws(ComputeError) {
        let count = try shape.checkedElementCount()
        let (bytes, overflow) = count.multipliedReportingOverflow(by: elementType.byteWidth)
        guard elementType != .string else { throw .elementType("strings are not bytes") }
        guard !overflow, byteOffset >= 0, bytes <= storage.byteCount, byteOffset <= storage.byteCount - bytes else {
            throw .limit("\(elementType.name)\(shape) does not fit \(storage.byteCount) bytes at \(byteOffset)")
        }
        self.elementType = elementType
        self.shape = shape
        self.storage = storage
        self.byteOffset = byteOffset
        strings = []
    }

    /// Makes a string tensor.
    ///
    /// - Throws: ``ComputeError`` with code `shape` when the count does not fit the shape.
    public init(strings: [String], shape: Shape) throws(ComputeError) {
        try self.init(strings: strings, shape: shape, storage: Tensor.emptyStorage)
    }

    /// Makes a string tensor whose text counts towards a budget.
    ///
    /// - Throws: ``ComputeError`` with code `shape` when the count does not fit the shape, `limit` past the budget.
    package init(strings: [String], shape: Shape, budget: MemoryBudget?) throws(ComputeError) {
        var storage = Tensor.emptyStorage
        if let budget {
            let byteCount = strings.reduce(strings.count * 16) { $0 + ($1.utf8.count > 15 ? $1.utf8.count : 0) }
            storage = try TensorStorage(standingFor: byteCount, budget: budget)
        }
        try self.init(strings: strings, shape: shape, storage: storage)
    }

    private init(strings: [String], shape: Shape, storage: TensorStorage) throws(ComputeError) {
        guard try shape.checkedElementCount() == strings.count else {
            throw .shape("\(strings.count) strings do not fill \(shape)")
        }
        elementType = .string
        self.shape = shape
        self.storage = storage
        byteOffset = 0
        self.strings = strings
    }

    /// Copies elements into a new tensor.
    ///
    /// - Throws: ``ComputeError`` with code `shape` when the count does not fit the shape, `limit` without memory.
    public init<Element: TensorElement>(_ elements: [Element], shape: Shape) throws(ComputeError) {
        guard try shape.checkedElementCount() == elements.count else {
            throw .shape("\(elements.count) elements do not fill \(shape)")
        }
        let tensor = try MutableTensor(Element.elementType, shape, uninitialized: ())
        // SAFETY: elements are plain bytes in arrays as in tensors, and the new tensor holds as many as the array.
        unsafe elements.withUnsafeBytes { source in
            if let start = source.baseAddress { _ = unsafe memcpy(tensor.baseAddress, start, source.count) }
        }
        self = tensor.finish()
    }

    /// Makes a rank-0 tensor.
    ///
    /// - Throws: ``ComputeError`` with code `limit` without memory.
    public init<Element: TensorElement>(scalar: Element) throws(ComputeError) {
        try self.init([scalar], shape: .scalar)
    }

    private static let emptyStorage: TensorStorage = {
        do {
            return try TensorStorage(byteCount: 0, zeroed: true, budget: nil)
        } catch {
            preconditionFailure("\(error)")
        }
    }()

    /// The number of elements.
    public var elementCount: Int { shape.elementCount }

    /// The bytes the elements take; 0 for strings.
    public var byteCount: Int { elementCount * elementType.byteWidth }

    /// Whether elements may be read in place: false only for weights a model file stores unaligned.
    package var isAligned: Bool {
        let address = unsafe Int(bitPattern: storage.base) &+ byteOffset
        return address % Swift.max(1, Swift.min(elementType.byteWidth, 8)) == 0
    }

    /// The elements, borrowed.
    ///
    /// - Throws: ``ComputeError`` with code `elementType` when the tensor holds another type.
    @_lifetime(borrow self)
    public func elements<Element: TensorElement>(
        of type: Element.Type = Element.self
    ) throws(ComputeError) -> Span<Element> {
        guard elementType == Element.elementType else {
            throw .elementType("expected \(Element.elementType.name), the tensor holds \(elementType.name)")
        }
        // SAFETY: init checked that shape and offset lie in the storage, which self keeps alive; importers copy
        // unaligned data, and Bool bytes are normalised where they enter.
        let pointer = unsafe storage.base.advanced(by: byteOffset).assumingMemoryBound(to: Element.self)
        let span = unsafe Span<Element>(_unsafeStart: pointer, count: elementCount)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// The bytes of the elements, borrowed; empty for strings.
    public var bytes: RawSpan {
        @_lifetime(borrow self)
        borrowing get {
            // SAFETY: as in elements(of:).
            let span = unsafe RawSpan(_unsafeStart: storage.base.advanced(by: byteOffset), byteCount: byteCount)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// The address of the first element, valid while the tensor's storage lives.
    @unsafe
    package var baseAddress: UnsafeMutableRawPointer { unsafe storage.base.advanced(by: byteOffset) }

    /// The same elements under another shape.
    ///
    /// - Throws: ``ComputeError`` with code `shape` when the element counts differ.
    public func reshaped(to shape: Shape) throws(ComputeError) -> Tensor {
        guard try shape.checkedElementCount() == elementCount else {
            throw .shape("\(self.shape) cannot take the shape \(shape)")
        }
        if elementType == .string { return try Tensor(strings: strings, shape: shape, storage: storage) }
        return try Tensor(elementType, shape, storage: storage, byteOffset: byteOffset)
    }

    /// The elements as an array.
    ///
    /// - Throws: ``ComputeError`` with code `elementType` when the tensor holds another type.
    public func array<Element: TensorElement>(of type: Element.Type = Element.self) throws(ComputeError) -> [Element] {
        let span = try elements(of: Element.self)
        // The library would write the count into the one empty array that all threads share.
        guard span.count > 0 else { return [] }
        // SAFETY: elements are plain bytes in arrays as in tensors, and the array has room for all of them.
        return unsafe span.withUnsafeBytes { source in
            unsafe Array(unsafeUninitializedCapacity: span.count) { target, count in
                if let start = source.baseAddress, let first = target.baseAddress {
                    _ = unsafe memcpy(first, start, source.count)
                }
                count = span.count
            }
        }
    }
}

extension Tensor: CustomStringConvertible {
    /// Element type and shape, such as `f32[1, 3]`.
    public var description: String { elementType.name + shape.description }
}
