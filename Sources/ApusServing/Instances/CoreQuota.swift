// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// How much of the machine's processors this process may use.
package enum CoreQuota {
    /// The cores this process may use: those it may run on, or fewer where its control group has a quota.
    package static var coreCount: Int {
        let allowed = allowedCoreCount
        let groups = read("/proc/self/cgroup") ?? ""
        return max(1, min(allowed, quota(groups: groups, read: read) ?? allowed))
    }

    /// The whole cores of the smallest quota of a control group or of one around it, at least 1; nil without a quota.
    package static func quota(groups: String, read: (String) -> String?) -> Int? {
        var smallest: Double?
        func note(_ quota: Double?, _ period: Double?) {
            guard let quota, let period, quota > 0, period > 0 else { return }
            smallest = min(smallest ?? .infinity, quota / period)
        }
        for line in groups.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let isUnified = fields[1].isEmpty
            guard isUnified || fields[1].split(separator: ",").contains("cpu") else { continue }
            var path = fields[2].split(separator: "/").filter { $0 != ".." }.map(String.init)
            while true {
                let tail = path.isEmpty ? "" : "/" + path.joined(separator: "/")
                if isUnified {
                    let words = (read("/sys/fs/cgroup\(tail)/cpu.max") ?? "").split { $0 == " " || $0 == "\n" }
                    if words.count == 2 { note(Double(words[0]), Double(words[1])) }
                } else {
                    let folder = "/sys/fs/cgroup/cpu\(tail)/cpu.cfs_"
                    note(number(read(folder + "quota_us")), number(read(folder + "period_us")))
                }
                if path.popLast() == nil { break }
            }
        }
        return smallest.map { max(1, Int($0.rounded(.down).clamped(to: 1...65536))) }
    }

    private static func number(_ text: String?) -> Double? {
        text.flatMap { $0.split(separator: "\n").first }.flatMap { Double($0) }
    }

    private static var allowedCoreCount: Int {
        allowed(status: read("/proc/self/status") ?? "") ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    }

    /// The cores of the list of those a process may run on, such as `0-3,8`; nil without a list.
    package static func allowed(status: String) -> Int? {
        let title = "Cpus_allowed_list:"
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(title) }) else { return nil }
        var count = 0
        for part in line.dropFirst(title.count).split(whereSeparator: { $0 == "," || $0 == "\t" || $0 == " " }) {
            let ends = part.split(separator: "-").compactMap { UInt16($0) }
            guard let first = ends.first, let last = ends.last, first <= last else { return nil }
            count += Int(last - first) + 1
        }
        return count > 0 ? count : nil
    }

    private static func read(_ path: String) -> String? {
        // SAFETY: the stream is closed once, and the buffer is as long as the call is told.
        guard let file = unsafe fopen(path, "re") else { return nil }
        defer { unsafe _ = fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe fread(&buffer, 1, buffer.count, file)
        return String(decoding: buffer.prefix(count), as: UTF8.self)
    }
}

extension Double {
    fileprivate func clamped(to range: ClosedRange<Double>) -> Double {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}
