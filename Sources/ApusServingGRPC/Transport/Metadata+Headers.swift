// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import GRPCCore
import NIOHPACK

/// The text of a status as a header carries it.
package enum StatusMessage {
    /// Text with every byte that a header cannot carry written as `%41` and the like.
    package static func encoded(_ text: String) -> String {
        func isPlain(_ byte: UInt8) -> Bool { byte >= 0x20 && byte < 0x7f && byte != UInt8(ascii: "%") }
        guard !text.utf8.allSatisfy(isPlain) else { return text }
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if isPlain(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Metadata {
    /// What the headers of a call say beside its path; binary values, which no method here reads, are left out.
    init(_ headers: HPACKHeaders) {
        self.init()
        for (name, value, _) in headers where !name.hasPrefix(":") && !name.hasSuffix("-bin") {
            addString(value, forKey: name)
        }
    }
}

extension HPACKHeaders {
    /// Adds metadata; binary values, which no method here gives, are left out.
    mutating func add(_ metadata: Metadata) {
        for case (let name, .string(let text)) in metadata { add(name: name, value: text) }
    }
}
