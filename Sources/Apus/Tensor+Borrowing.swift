// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

public import ApusTensors

extension Tensor {
    /// Views memory of the caller's as a tensor, without a copy.
    ///
    /// The memory must be aligned for the element type, and stay valid and unchanged while `owner` lives; the tensor
    /// and every copy of it keep the owner alive.
    ///
    /// - Throws: ``EngineError`` with code `shape` when the bytes do not fill the shape, `value` when unaligned.
    @unsafe
    public init(
        borrowing bytes: UnsafeRawBufferPointer, _ elementType: ElementType, _ shape: Shape,
        owner: any AnyObject & Sendable
    ) throws(EngineError) {
        do {
            let needed = try shape.checkedElementCount().multipliedReportingOverflow(by: elementType.byteWidth)
            guard !needed.overflow, needed.partialValue == bytes.count, let base = bytes.baseAddress else {
                throw EngineError(.shape, "\(bytes.count) bytes do not fill \(elementType.name)\(shape)")
            }
            let address = Int(bitPattern: base)
            guard address % Swift.max(1, Swift.min(elementType.byteWidth, 8)) == 0 else {
                throw EngineError(.value, "the address \(address) is not aligned for \(elementType.name)")
            }
            // SAFETY: the caller promises that the memory is valid and unchanged while the owner lives.
            let storage = unsafe TensorStorage(
                borrowing: UnsafeMutableRawPointer(mutating: base), byteCount: bytes.count, owner: owner)
            try self.init(elementType, shape, storage: storage)
        } catch let error as EngineError {
            throw error
        } catch let error as ComputeError {
            throw EngineError(error)
        } catch {
            throw EngineError(.value, "\(error)")
        }
    }
}
