// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What stands before the elements of a .npy file.
package struct NumpyHeader: Hashable {
    /// The element type as NumPy spells it, such as `<f4`.
    package var descriptor: String
    /// Whether the first index varies fastest.
    package var isFortran: Bool
    package var shape: [Int]

    /// Makes a header.
    package init(descriptor: String, isFortran: Bool, shape: [Int]) {
        self.descriptor = descriptor
        self.isFortran = isFortran
        self.shape = shape
    }

    /// Reads the header and says where the elements begin.
    ///
    /// - Throws: ``FormatError`` with code `format`, `damaged` or `unsupported`.
    static func parse(_ bytes: [UInt8]) throws(FormatError) -> (header: NumpyHeader, start: Int) {
        guard bytes.starts(with: [0x93] + Array("NUMPY".utf8)) else { throw FormatError(.format, "not a .npy file") }
        guard bytes.count >= 10 else { throw FormatError(.damaged, "the .npy header is cut off") }
        let isLong = bytes[6] > 1
        guard (1...3).contains(bytes[6]) else {
            throw FormatError(.unsupported, ".npy version \(bytes[6]).\(bytes[7]); versions 1 to 3 are read")
        }
        let start = isLong ? 12 : 10
        let count =
            isLong ? bytes.integer(UInt32.self, at: 8).map(Int.init) : bytes.integer(UInt16.self, at: 8).map(Int.init)
        guard let count, count <= bytes.count - start else { throw FormatError(.damaged, "the .npy header is cut off") }
        guard count <= 1 << 16 else { throw FormatError(.limit, "the .npy header has \(count) bytes") }
        var scanner = Scanner(bytes: Array(bytes[start..<start + count]))
        return (try scanner.header(), start + count)
    }

    /// The header as NumPy writes it, padded so that the elements begin at a multiple of 64.
    package var encoded: [UInt8] {
        let sizes = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
        var text = "{'descr': '\(descriptor)', 'fortran_order': \(isFortran ? "True" : "False"), 'shape': (\(sizes)), }"
        let unpadded = 10 + text.utf8.count + 1
        text += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
        var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
        bytes.append(littleEndian: UInt16(truncatingIfNeeded: text.utf8.count))
        return bytes + Array(text.utf8)
    }
}

private struct Scanner {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func header() throws(FormatError) -> NumpyHeader {
        var descriptor: String?
        var isFortran: Bool?
        var shape: [Int]?
        try expect("{")
        while !take("}") {
            let key = try string()
            try expect(":")
            switch key {
            case "descr":
                guard peek() != "[" else { throw FormatError(.unsupported, "structured .npy arrays are not read") }
                descriptor = try string()
            case "fortran_order": isFortran = try truth()
            case "shape": shape = try tuple()
            default: throw FormatError(.damaged, "the .npy header has an unknown key \"\(key)\"")
            }
            if !take(",") {
                try expect("}")
                break
            }
        }
        guard let descriptor, let isFortran, let shape else {
            throw FormatError(.damaged, "the .npy header lacks descr, fortran_order or shape")
        }
        return NumpyHeader(descriptor: descriptor, isFortran: isFortran, shape: shape)
    }

    mutating func peek() -> Character? {
        while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x0A { position += 1 }
        return position < bytes.count ? Character(Unicode.Scalar(bytes[position])) : nil
    }

    mutating func take(_ character: Character) -> Bool {
        guard peek() == character else { return false }
        position += 1
        return true
    }

    mutating func expect(_ character: Character) throws(FormatError) {
        guard take(character) else { throw FormatError(.damaged, "the .npy header is not a dictionary NumPy writes") }
    }

    mutating func string() throws(FormatError) -> String {
        let quote: Character = peek() == "\"" ? "\"" : "'"
        try expect(quote)
        guard let end = bytes[position...].firstIndex(where: { Character(Unicode.Scalar($0)) == quote }) else {
            throw FormatError(.damaged, "a string in the .npy header has no end")
        }
        defer { position = end + 1 }
        return String(decoding: bytes[position..<end], as: UTF8.self)
    }

    mutating func truth() throws(FormatError) -> Bool {
        for (word, value) in [("True", true), ("False", false)] {
            _ = peek()
            if bytes[position...].starts(with: word.utf8) {
                position += word.utf8.count
                return value
            }
        }
        throw FormatError(.damaged, "fortran_order in the .npy header is neither True nor False")
    }

    mutating func tuple() throws(FormatError) -> [Int] {
        var sizes: [Int] = []
        try expect("(")
        while !take(")") {
            _ = peek()
            let start = position
            while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
                position += 1
            }
            guard let size = Int(String(decoding: bytes[start..<position], as: UTF8.self)), sizes.count < 64 else {
                throw FormatError(.damaged, "the shape in the .npy header is not a tuple of sizes")
            }
            sizes.append(size)
            if !take(",") {
                try expect(")")
                break
            }
        }
        return sizes
    }
}
