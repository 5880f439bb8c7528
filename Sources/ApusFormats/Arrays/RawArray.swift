// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// Tensors as bare little-endian elements without any header.
package enum RawArray {
    /// Reads elements of a known type; at most one size of the shape may be nil and follows from the file's size.
    ///
    /// - Throws: ``FormatError`` with code `value` or `limit`.
    package static func decode(
        _ bytes: [UInt8], _ elementType: ElementType, shape: [Int?]
    ) throws(FormatError) -> Tensor {
        guard elementType.byteWidth > 0 else { throw FormatError(.unsupported, "strings have no raw form") }
        let known = Shape(shape.map { $0 ?? 1 })
        guard let count = try? known.checkedElementCount(), shape.count(where: { $0 == nil }) <= 1 else {
            throw FormatError(.value, "raw bytes need a shape with at most one open size, not \(shape)")
        }
        let (step, overflow) = count.multipliedReportingOverflow(by: elementType.byteWidth)
        let open = shape.firstIndex { $0 == nil }
        guard !overflow, open == nil ? step == bytes.count : step > 0 && bytes.count % step == 0 else {
            throw FormatError(.value, "\(bytes.count) raw bytes do not fill \(elementType.name)\(known)")
        }
        var sizes = known
        if let open { sizes[open] = bytes.count / step }
        do {
            var tensor = try MutableTensor(elementType, sizes)
            var target = tensor.mutableBytes
            for index in bytes.indices {
                let value = elementType == .bool ? (bytes[index] == 0 ? 0 : 1) : bytes[index]
                // SAFETY: the sizes were made so that the tensor has exactly bytes.count bytes.
                unsafe target.storeBytes(of: value, toUncheckedByteOffset: index, as: UInt8.self)
            }
            return tensor.finish()
        } catch {
            throw FormatError(.limit, error.message)
        }
    }
}
