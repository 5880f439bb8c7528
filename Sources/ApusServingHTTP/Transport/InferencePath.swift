// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// The model and version that the path of a request for inference names.
package struct InferencePath: Equatable {
    package let model: String
    /// The version as it is written; empty for the newest.
    package let version: String

    /// Reads `/v2/models/{model}[/versions/{version}]/infer`.
    ///
    /// Nil for any other path, and for one that the router has to look at more closely.
    package init?(_ uri: String) {
        var uri = uri
        // SAFETY: the bytes are read in their bounds and not kept.
        let parts = uri.withUTF8 { unsafe InferencePath.parts($0) }
        guard let (model, version) = parts else { return nil }
        self.model = model
        self.version = version
    }

    // SAFETY: the bytes are read in their bounds and not kept.
    private static func parts(_ bytes: UnsafeBufferPointer<UInt8>) -> (String, String)? {
        let slash = UInt8(ascii: "/")
        var rest = unsafe bytes[...]
        func skip(_ text: StaticString) -> Bool {
            let expected = unsafe UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
            guard unsafe rest.starts(with: expected) else { return false }
            unsafe rest = rest.dropFirst(text.utf8CodeUnitCount)
            return true
        }
        func name(_ isProper: (UInt8) -> Bool) -> String? {
            let end = unsafe rest.firstIndex(of: slash) ?? rest.endIndex
            let part = unsafe rest[rest.startIndex..<end]
            guard unsafe !part.isEmpty, unsafe part.allSatisfy(isProper) else { return nil }
            unsafe rest = rest[end...]
            return unsafe String(decoding: part, as: UTF8.self)
        }
        guard skip("/v2/models/") else { return nil }
        let isPlain = { (byte: UInt8) in
            byte > 0x20 && byte < 0x7f && byte != UInt8(ascii: "%") && byte != UInt8(ascii: "?")
                && byte != UInt8(ascii: "#")
        }
        guard let model = name(isPlain) else { return nil }
        var version = ""
        if skip("/versions/") {
            guard let number = name({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else { return nil }
            version = number
        }
        guard skip("/infer"), unsafe rest.isEmpty else { return nil }
        return (model, version)
    }
}
