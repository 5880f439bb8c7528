// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// Writes `TensorProto`.
enum TensorWriter {
    static func message(
        _ tensor: Tensor, name: String = "", weights: (any ExternalTensors)? = nil
    ) throws(ExportError) -> WireWriter {
        var writer = WireWriter()
        for size in tensor.shape { writer.integer(1, Int64(size)) }
        writer.integer(2, Int64(tensor.elementType.rawValue))
        writer.text(8, name)
        if tensor.elementType == .string {
            for string in tensor.strings { writer.string(6, string) }
            return writer
        }
        let isNarrow = tensor.elementType.storedBitWidth < 8
        let part = isNarrow ? WireWriter.Part.bytes(packed(tensor)) : .tensor(tensor)
        if let weights, part.byteCount >= weights.thresholdBytes {
            let offset = weights.append(part, name: name)
            writer.message(13, ONNXExporter.pair("location", weights.location))
            writer.message(13, ONNXExporter.pair("offset", String(offset)))
            writer.message(13, ONNXExporter.pair("length", String(part.byteCount)))
            writer.integer(14, 1)
            return writer
        }
        switch part {
        case .bytes(let bytes): writer.bytes(9, bytes)
        case .tensor(let tensor): writer.elements(9, tensor)
        }
        return writer
    }

    /// Elements narrower than a byte side by side, the first in the low bits.
    private static func packed(_ tensor: Tensor) -> [UInt8] {
        let width = tensor.elementType.storedBitWidth
        let mask = UInt16(truncatingIfNeeded: (1 << width) - 1)
        let elements = tensor.byteArray
        var result = [UInt8](repeating: 0, count: (elements.count * width + 7) / 8)
        for (index, element) in elements.enumerated() {
            let (byte, shift) = (width * index).quotientAndRemainder(dividingBy: 8)
            let bits = (UInt16(element) & mask) << UInt16(shift)
            result[byte] |= UInt8(truncatingIfNeeded: bits)
            if shift + width > 8 { result[byte + 1] |= UInt8(truncatingIfNeeded: bits >> 8) }
        }
        return result
    }
}

/// Tensors whose bytes lie outside the model's message.
protocol ExternalTensors: AnyObject {
    /// The name of the file they lie in.
    var location: String { get }
    /// The bytes from which on a tensor belongs there.
    var thresholdBytes: Int { get }

    /// Adds the bytes of a tensor and says where in the file they begin.
    func append(_ part: WireWriter.Part, name: String) -> Int
}

/// Weights collected for a second file beside the model.
final class WeightFile: ExternalTensors {
    let location: String
    let thresholdBytes: Int
    private(set) var parts: [WireWriter.Part] = []
    private var byteCount = 0

    /// Where tensors begin, so that they can be mapped.
    private static let alignment = 4096

    init(location: String, thresholdBytes: Int) {
        self.location = location
        self.thresholdBytes = thresholdBytes
    }

    func append(_ part: WireWriter.Part, name: String) -> Int {
        let padding = (WeightFile.alignment - byteCount % WeightFile.alignment) % WeightFile.alignment
        if padding > 0 { parts.append(.bytes([UInt8](repeating: 0, count: padding))) }
        let offset = byteCount + padding
        parts.append(part)
        byteCount = offset + part.byteCount
        return offset
    }
}
