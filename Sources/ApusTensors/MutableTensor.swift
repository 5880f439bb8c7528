// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// A tensor being written: the only way to its memory until it is finished.
public struct MutableTensor: ~Copyable {
    /// What the elements are.
    public let elementType: ElementType
    /// The sizes, outermost first.
    public let shape: Shape
    private let storage: TensorStorage
    private let byteOffset: Int

    /// Allocates a tensor of zeros.
    ///
    /// - Throws: ``ComputeError`` with code `limit`, or `elementType` for strings.
    public init(_ elementType: ElementType, _ shape: Shape, budget: MemoryBudget? = nil) throws(ComputeError) {
        guard elementType != .string else { throw .elementType("string tensors are made from arrays") }
        let bytes = try MutableTensor.byteCount(elementType, shape)
        self.init(elementType, shape, storage: try TensorStorage(byteCount: bytes, zeroed: true, budget: budget), at: 0)
    }

    /// Allocates a tensor whose contents are undefined.
    ///
    /// - Throws: ``ComputeError`` with code `limit`, or `elementType` for strings.
    package init(
        _ elementType: ElementType, _ shape: Shape, uninitialized: Void, budget: MemoryBudget? = nil
    ) throws(ComputeError) {
        guard elementType != .string else { throw .elementType("string tensors are made from arrays") }
        let bytes = try MutableTensor.byteCount(elementType, shape)
        let storage = try TensorStorage(byteCount: bytes, zeroed: false, budget: budget)
        self.init(elementType, shape, storage: storage, at: 0)
    }

    /// Writes into memory of a storage; contents are whatever was there.
    package init(_ elementType: ElementType, _ shape: Shape, storage: TensorStorage, at byteOffset: Int) {
        self.elementType = elementType
        self.shape = shape
        self.storage = storage
        self.byteOffset = byteOffset
    }

    package static func byteCount(_ elementType: ElementType, _ shape: Shape) throws(ComputeError) -> Int {
        let (bytes, overflow) = try shape.checkedElementCount().multipliedReportingOverflow(by: elementType.byteWidth)
        guard !overflow else { throw .limit("the size of \(elementType.name)\(shape) overflows") }
        return bytes
    }

    /// The number of elements.
    public var elementCount: Int { shape.elementCount }

    /// The elements, for writing.
    ///
    /// - Throws: ``ComputeError`` with code `elementType` when the tensor holds another type.
    @_lifetime(&self)
    public mutating func elements<Element: TensorElement>(
        of type: Element.Type = Element.self
    ) throws(ComputeError) -> MutableSpan<Element> {
        guard elementType == Element.elementType else {
            throw .elementType("expected \(Element.elementType.name), the tensor holds \(elementType.name)")
        }
        // SAFETY: the maker checked that shape and offset lie in the storage, which self keeps alive and nobody
        // else reads before finish().
        let pointer = unsafe storage.base.advanced(by: byteOffset).assumingMemoryBound(to: Element.self)
        let span = unsafe MutableSpan<Element>(_unsafeStart: pointer, count: elementCount)
        return unsafe _overrideLifetime(span, mutating: &self)
    }

    /// The bytes of the elements, for writing.
    public var mutableBytes: MutableRawSpan {
        @_lifetime(&self)
        mutating get {
            // SAFETY: as in elements(of:).
            let count = elementCount * elementType.byteWidth
            let span = unsafe MutableRawSpan(_unsafeStart: storage.base.advanced(by: byteOffset), byteCount: count)
            return unsafe _overrideLifetime(span, mutating: &self)
        }
    }

    /// The address of the first element, for kernels.
    @unsafe
    package var baseAddress: UnsafeMutableRawPointer { unsafe storage.base.advanced(by: byteOffset) }

    /// Ends writing and shares the elements.
    public consuming func finish() -> Tensor {
        do {
            return try Tensor(elementType, shape, storage: storage, byteOffset: byteOffset)
        } catch {
            preconditionFailure("a mutable tensor lies outside its storage: \(error)")
        }
    }
}
