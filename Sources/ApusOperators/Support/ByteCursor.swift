// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// Reads numbers from bytes; what lies outside is an error.
struct ByteCursor {
    let bytes: [UInt8]
    var isBigEndian = false

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The unsigned number of a width at an offset.
    func number(_ offset: Int, _ width: Int) throws(ComputeError) -> Int {
        guard offset >= 0, offset <= bytes.count - width else { throw .value("the picture ends early") }
        var value = 0
        for index in 0..<width {
            value = value << 8 | Int(bytes[offset + (isBigEndian ? index : width - 1 - index)])
        }
        return value
    }

    /// Whether the bytes start with these.
    func startsWith(_ prefix: [UInt8]) -> Bool { bytes.starts(with: prefix) }

    /// Throws unless a picture of this size is worth decoding.
    static func checkSize(_ width: Int, _ height: Int) throws(ComputeError) {
        guard width > 0, height > 0 else { throw .value("a picture of \(width) x \(height)") }
        let (area, overflow) = width.multipliedReportingOverflow(by: height)
        guard !overflow, area <= 1 << 28 else { throw .limit("a picture of \(width) x \(height)") }
    }
}
