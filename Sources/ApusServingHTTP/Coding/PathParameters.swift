// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Hummingbird

/// The parts of a path that name something.
struct PathParameters: Sendable {
    private let parameters: Parameters

    init(_ parameters: Parameters) { self.parameters = parameters }

    /// A part by its name in the route, with percent signs resolved; empty where the route has none.
    subscript(name: String) -> String { parameters.get(name).map(PathParameters.decoded) ?? "" }

    /// The model of the path.
    var model: String { self["model"] }

    /// The version of the path as it is written, or empty.
    var version: String { parameters.get("version") ?? "" }

    /// Whether the version is a number, as the route demands.
    var hasProperVersion: Bool {
        version.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// Text with `%41` and the like replaced by the bytes they stand for; what is no UTF-8 stays as it was.
    static func decoded(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let high = hexadecimal(rest.first),
                let low = hexadecimal(rest.dropFirst().first)
            {
                bytes.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self) ?? text
    }

    private static func hexadecimal(_ byte: UInt8?) -> UInt8? {
        switch byte {
        case .some(let digit) where digit >= 0x30 && digit <= 0x39: digit - 0x30
        case .some(let digit) where (digit | 0x20) >= 0x61 && (digit | 0x20) <= 0x66: (digit | 0x20) - 0x61 + 10
        default: nil
        }
    }
}
