// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// A protocol-buffer message being written; the bytes of large tensors are referred to, not copied.
struct WireWriter {
    enum Part {
        case bytes([UInt8])
        case tensor(Tensor)
    }

    private var finished: [Part] = []
    private var current: [UInt8] = []
    private var finishedByteCount = 0

    private static let copyLimitBytes = 4096

    var byteCount: Int { finishedByteCount + current.count }
    var parts: [Part] { current.isEmpty ? finished : finished + [.bytes(current)] }

    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            current.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        current.append(UInt8(truncatingIfNeeded: rest))
    }

    private mutating func tag(_ field: Int, _ kind: WireField.Kind) {
        varint(UInt64(field) << 3 | UInt64(kind.rawValue))
    }

    mutating func integer(_ field: Int, _ value: Int64) {
        tag(field, .varint)
        varint(UInt64(bitPattern: value))
    }

    mutating func float(_ field: Int, _ value: Float) {
        tag(field, .fixed32)
        let bits = value.bitPattern
        for shift in stride(from: UInt32(0), to: 32, by: 8) { current.append(UInt8(truncatingIfNeeded: bits >> shift)) }
    }

    mutating func bytes(_ field: Int, _ value: [UInt8]) {
        tag(field, .bytes)
        varint(UInt64(value.count))
        current += value
    }

    mutating func string(_ field: Int, _ value: String) { bytes(field, Array(value.utf8)) }

    /// Writes a string unless it is empty.
    mutating func text(_ field: Int, _ value: String) {
        if !value.isEmpty { string(field, value) }
    }

    mutating func message(_ field: Int, _ value: WireWriter) {
        tag(field, .bytes)
        varint(UInt64(value.byteCount))
        for part in value.finished {
            switch part {
            case .bytes(let bytes): current += bytes
            case .tensor(let tensor): append(tensor)
            }
        }
        current += value.current
    }

    /// Begins a field of bytes that ends where the message has the given number of bytes.
    mutating func header(_ field: Int, upTo end: Int) {
        tag(field, .bytes)
        // Spelt with a fixed number of bytes, five where they suffice: other readers take no more for a length.
        let width = end < 1 << 34 ? 5 : 10
        let length = UInt64(max(0, end - byteCount - width))
        for index in 0..<width {
            let bits = UInt8(truncatingIfNeeded: length >> UInt64(7 * index)) & 0x7F
            current.append(index == width - 1 ? bits : bits | 0x80)
        }
    }

    /// Writes the memory of a tensor as bytes.
    mutating func elements(_ field: Int, _ tensor: Tensor) {
        tag(field, .bytes)
        varint(UInt64(tensor.byteCount))
        if tensor.byteCount > WireWriter.copyLimitBytes { append(tensor) } else { current += tensor.byteArray }
    }

    private mutating func append(_ tensor: Tensor) {
        if !current.isEmpty { finished.append(.bytes(current)) }
        finishedByteCount += current.count + tensor.byteCount
        current = []
        finished.append(.tensor(tensor))
    }

    /// Everything in one array.
    var joined: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(byteCount)
        for part in parts { result += part.byteArray }
        return result
    }
}

extension WireWriter.Part {
    var byteCount: Int {
        switch self {
        case .bytes(let bytes): bytes.count
        case .tensor(let tensor): tensor.byteCount
        }
    }

    var byteArray: [UInt8] {
        switch self {
        case .bytes(let bytes): bytes
        case .tensor(let tensor): tensor.byteArray
        }
    }
}

extension Tensor {
    /// A copy of the bytes of the elements.
    var byteArray: [UInt8] {
        // SAFETY: the buffer is only read during the call.
        unsafe bytes.withUnsafeBytes { unsafe Array($0) }
    }
}
