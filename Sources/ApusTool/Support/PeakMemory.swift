// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusFormats

/// What the system says of this process.
enum PeakMemory {
    /// The most memory the process ever held, in megabytes of 1024 kilobytes; 0 where the system does not say.
    static var megabytes: Double {
        guard let bytes = try? FileBytes.read("/proc/self/status") else { return 0 }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix("VmHWM:") {
            let number = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
            return (number.flatMap { Double($0) } ?? 0) / 1024
        }
        return 0
    }
}
