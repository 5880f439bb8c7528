// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors
import NIOCore

extension JSONWriter {
    /// Writes the elements of a tensor as a flat array, or without brackets.
    ///
    /// - Throws: ``ComputeError`` with code `elementType` for complex and packed elements.
    package mutating func elements(_ tensor: Tensor, isBare: Bool = false) throws(ComputeError) {
        if !isBare { raw("[") }
        switch tensor.elementType {
        case .bool: try each(tensor, Bool.self) { $0 ? "true" : "false" }
        case .uint8: try each(tensor, UInt8.self) { String($0) }
        case .uint16: try each(tensor, UInt16.self) { String($0) }
        case .uint32: try each(tensor, UInt32.self) { String($0) }
        case .uint64: try each(tensor, UInt64.self) { String($0) }
        case .int8: try each(tensor, Int8.self) { String($0) }
        case .int16: try each(tensor, Int16.self) { String($0) }
        case .int32: try each(tensor, Int32.self) { String($0) }
        case .int64: try each(tensor, Int64.self) { String($0) }
        case .float16: try each(tensor, Float16.self) { JSONWriter.text($0) }
        case .float32: try each(tensor, Float.self) { JSONWriter.text($0) }
        case .float64: try each(tensor, Double.self) { JSONWriter.text($0) }
        case .bfloat16: try each(tensor, BFloat16.self) { JSONWriter.text($0.float) }
        case .string:
            for (index, string) in tensor.strings.enumerated() {
                if index > 0 { raw(",") }
                self.string(string)
            }
        default: throw .elementType("\(tensor.elementType.name) has no form in JSON")
        }
        if !isBare { raw("]") }
    }

    /// Writes elements in blocks, each of which the buffer makes room for once; no text is longer than 32 bytes.
    @inline(__always)
    private mutating func each<Element: TensorElement>(
        _ tensor: Tensor, _ type: Element.Type, _ text: (Element) -> String
    ) throws(ComputeError) {
        let elements = try tensor.elements(of: Element.self)
        let most = 32
        let block = 128
        var index = 0
        while index < elements.count {
            let end = min(index + block, elements.count)
            // SAFETY: each element's text and comma fit the room made for it, and the count of what was written is
            // given back.
            unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: (end - index) * most) { memory in
                var place = 0
                while index < end {
                    if index > 0 {
                        unsafe memory[place] = UInt8(ascii: ",")
                        place += 1
                    }
                    var shown = text(elements[index])
                    shown.withUTF8 { utf8 in
                        for position in 0..<utf8.count { unsafe memory[place + position] = utf8[position] }
                        place += utf8.count
                    }
                    index += 1
                }
                return place
            }
        }
    }
}
