// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors
import Glibc

/// A value of ONNX Runtime: an input that borrows our memory, or an output that lends us its own.
@safe
package final class ONNXRuntimeValue: @unchecked Sendable {
    // Sendable: nothing is written after init; the handle is released once.

    let handle: UnsafeMutableRawPointer
    private let library: ONNXRuntimeLibrary
    private let borrowed: [Datum]
    private let parts: [ONNXRuntimeValue]

    private enum Kind {
        static let tensor: Int32 = 1
        static let sequence: Int32 = 2
        static let map: Int32 = 3
    }

    init(
        taking handle: UnsafeMutableRawPointer, _ library: ONNXRuntimeLibrary, borrowed: Datum?,
        parts: [ONNXRuntimeValue] = []
    ) {
        unsafe self.handle = unsafe handle
        self.library = library
        self.borrowed = borrowed.map { [$0] } ?? []
        self.parts = parts
    }

    deinit {
        // SAFETY: taken in init, released once.
        unsafe library.table.releaseValue(handle)
    }

    /// Hands over a value; tensors of whole bytes are borrowed.
    ///
    /// - Throws: ``NativeBackendError`` with code `unsupported`.
    package convenience init(_ datum: Datum, _ library: ONNXRuntimeLibrary) throws(NativeBackendError) {
        switch datum {
        case .tensor(let tensor):
            unsafe self.init(
                taking: try ONNXRuntimeValue.make(tensor, library), library,
                borrowed: tensor.elementType.storedBitWidth < 8 ? nil : datum)
        case .sequence(let elements):
            var parts: [ONNXRuntimeValue] = []
            for element in elements { parts.append(try ONNXRuntimeValue(element, library)) }
            guard !parts.isEmpty else { throw NativeBackendError(.unsupported, "ONNX Runtime takes no empty sequence") }
            unsafe self.init(
                taking: try ONNXRuntimeValue.combine(parts, Kind.sequence, library), library, borrowed: nil,
                parts: parts)
        case .map(let map):
            let parts = [
                try ONNXRuntimeValue(.tensor(map.keys), library), try ONNXRuntimeValue(.tensor(map.values), library),
            ]
            unsafe self.init(
                taking: try ONNXRuntimeValue.combine(parts, Kind.map, library), library, borrowed: nil, parts: parts)
        case .none: throw NativeBackendError(.unsupported, "ONNX Runtime takes no absent optional")
        }
    }

    private static func combine(
        _ parts: [ONNXRuntimeValue], _ kind: Int32, _ library: ONNXRuntimeLibrary
    ) throws(NativeBackendError) -> UnsafeMutableRawPointer {
        // SAFETY: the array has the count given; the new value is kept together with its parts.
        let table = unsafe library.table
        let handles: [UnsafeMutableRawPointer?] = unsafe parts.map { unsafe $0.handle }
        return unsafe try table.make(.unsupported) { unsafe table.createValue(handles, handles.count, kind, $0) }
    }

    private static func make(
        _ tensor: Tensor, _ library: ONNXRuntimeLibrary
    ) throws(NativeBackendError) -> UnsafeMutableRawPointer {
        let table = unsafe library.table
        let sizes = tensor.shape.map { Int64($0) }
        let type = tensor.elementType.onnxRuntimeNumber
        // SAFETY: the sizes have the rank given; borrowed memory is kept by the value, filled memory is the library's.
        if tensor.elementType.storedBitWidth >= 8, tensor.elementType != .string {
            return unsafe try table.make(.unsupported) {
                unsafe table.borrowTensor(
                    library.memory, tensor.baseAddress, tensor.byteCount, sizes, sizes.count, type, $0)
            }
        }
        let value = unsafe try table.make(.unsupported) {
            unsafe table.createTensor(library.allocator, sizes, sizes.count, type, $0)
        }
        do throws(NativeBackendError) {
            if tensor.elementType == .string {
                let texts = unsafe tensor.strings.map { unsafe UnsafePointer(strdup($0)) }
                defer { unsafe texts.forEach { unsafe Glibc.free(UnsafeMutablePointer(mutating: $0)) } }
                unsafe try table.check(table.fillStrings(value, texts, texts.count), .unsupported)
            } else if tensor.elementCount > 0 {
                let data = unsafe try table.make(.unsupported) { unsafe table.tensorData(value, $0) }
                unsafe NarrowElements.pack(tensor, into: data)
            }
        } catch {
            unsafe table.releaseValue(value)
            throw error
        }
        return unsafe value
    }

    /// Where the library finds a tensor's elements.
    package var address: UnsafeRawPointer? {
        // SAFETY: the handle is valid while self lives; the address is only looked at.
        get throws(NativeBackendError) {
            unsafe UnsafeRawPointer(
                try library.table.make(.unsupported) { unsafe library.table.tensorData(handle, $0) })
        }
    }

    /// The value as ours; a tensor's memory stays the library's.
    package func datum() throws(NativeBackendError) -> Datum {
        let table = unsafe library.table
        guard unsafe try table.number(.unsupported, { unsafe table.hasValue(handle, $0) }) as Int32 != 0 else {
            return .none
        }
        // SAFETY: the handle is valid while self lives, and elements are taken over by values of their own.
        switch unsafe try table.number(.unsupported, { unsafe table.valueKind(handle, $0) }) as Int32 {
        case Kind.tensor:
            return .tensor(try tensor())
        case Kind.sequence:
            var elements: [Datum] = []
            let count = unsafe try table.number(.unsupported) { unsafe table.valueCount(handle, $0) } as Int
            for index in 0..<count { elements.append(try element(index).datum()) }
            return .sequence(elements)
        case Kind.map:
            let keys = try element(0).tensor()
            return .map(TensorMap(keys: keys, values: try element(1).tensor()))
        case let kind: throw NativeBackendError(.unsupported, "ONNX Runtime made a value of kind \(kind)")
        }
    }

    private func element(_ index: Int) throws(NativeBackendError) -> ONNXRuntimeValue {
        let table = unsafe library.table
        // SAFETY: the handle is valid while self lives; the element is a value of its own.
        let element = unsafe try table.make(.unsupported) {
            unsafe table.elementOfValue(handle, Int32(clamping: index), library.allocator, $0)
        }
        return unsafe ONNXRuntimeValue(taking: element, library, borrowed: nil)
    }

    private func typeAndShape() throws(NativeBackendError) -> (ElementType, Shape) {
        let table = unsafe library.table
        // SAFETY: the description is released once, after its numbers are copied.
        let info = unsafe try table.make(.unsupported) { unsafe table.tensorInfo(handle, $0) }
        defer { unsafe table.releaseTensorInfo(info) }
        let number = unsafe try table.number(.unsupported) { unsafe table.elementType(info, $0) } as Int32
        let rank = unsafe try table.number(.unsupported) { unsafe table.dimensionCount(info, $0) } as Int
        var sizes = [Int64](repeating: 0, count: rank)
        unsafe try table.check(table.dimensions(info, &sizes, rank), .unsupported)
        guard let type = ElementType(onnxRuntimeNumber: number) else {
            throw NativeBackendError(.unsupported, "ONNX Runtime made a tensor of element type \(number)")
        }
        return (type, Shape(sizes.map { Int($0) }))
    }

    private func tensor() throws(NativeBackendError) -> Tensor {
        let table = unsafe library.table
        let (type, shape) = try typeAndShape()
        do {
            let count = try shape.checkedElementCount()
            if type == .string { return try Tensor(strings: try strings(count), shape: shape) }
            guard count > 0 else { return try MutableTensor(type, shape).finish() }
            // SAFETY: the library's tensor has the elements its shape says; self releases it when the storage goes.
            let data = unsafe try table.make(.unsupported) { unsafe table.tensorData(handle, $0) }
            if type.storedBitWidth < 8 { return unsafe try NarrowElements.unpack(data, type, shape) }
            let byteCount = try MutableTensor.byteCount(type, shape)
            return try Tensor(
                type, shape, storage: unsafe TensorStorage(borrowing: data, byteCount: byteCount, owner: self))
        } catch let error as NativeBackendError {
            throw error
        } catch {
            throw NativeBackendError(.unsupported, "an output of ONNX Runtime cannot be held: \(error)")
        }
    }

    private func strings(_ count: Int) throws(NativeBackendError) -> [String] {
        guard count > 0 else { return [] }
        let table = unsafe library.table
        let total = unsafe try table.number(.unsupported) { unsafe table.stringByteCount(handle, $0) } as Int
        var bytes = [UInt8](repeating: 0, count: total + 1)
        var offsets = [Int](repeating: 0, count: count)
        // SAFETY: both buffers have the sizes given.
        unsafe try table.check(table.stringContent(handle, &bytes, total, &offsets, count), .unsupported)
        return offsets.indices.map { index in
            let end = index + 1 < count ? offsets[index + 1] : total
            return String(decoding: bytes[offsets[index]..<end], as: UTF8.self)
        }
    }
}
