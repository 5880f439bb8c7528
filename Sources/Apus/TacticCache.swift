// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusExecution
import ApusONNX
import ApusTensors
import Glibc

/// What was measured on this machine, kept between builds: a file of lines, microseconds and what took them.
struct TacticCache {
    private let path: String

    /// The file for these kernels on this processor in the user's cache folder; nil where there is none.
    init?() {
        guard let folder = Self.folder else { return nil }
        let identity = Array(Self.identity.utf8)
        path = "\(folder)/tactics-\(Checksum.sha256(identity.span).hexadecimal.prefix(16)).txt"
    }

    /// The microseconds of everything that was measured; nothing where the file cannot be read.
    func read() -> [String: Double] {
        guard let file = try? MappedFile(path: path), file.storage.byteCount <= 1 << 24 else { return [:] }
        // SAFETY: the bytes are read within the call.
        let text = unsafe file.storage.bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
        var result: [String: Double] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, let time = Double(parts[0]), time > 0, time.isFinite else { continue }
            result[String(parts[1])] = time
        }
        return result
    }

    /// Keeps what was measured; a folder that cannot be written to costs time at the next build, and nothing else.
    func write(_ times: [String: Double]) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        for end in folder.indices.filter({ folder[$0] == "/" }).dropFirst() + [folder.endIndex] {
            // SAFETY: the string is a valid C string for the call.
            _ = unsafe mkdir(String(folder[..<end]), 0o755)
        }
        let lines = times.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)\n" }
        try? OutputFile.write(text: lines.joined(), to: path)
    }

    static var folder: String? {
        for (name, rest) in [("XDG_CACHE_HOME", "/apus"), ("HOME", "/.cache/apus")] {
            // SAFETY: the string is copied before anybody could change the environment.
            if let value = unsafe getenv(name) {
                let folder = unsafe String(cString: value)
                if folder.hasPrefix("/") { return folder + rest }
            }
        }
        return nil
    }

    /// What measurements depend on besides what is measured.
    static var identity: String { processor + KernelSources.digest }

    /// What the system calls the processor.
    private static var processor: String {
        guard let file = unsafe fopen("/proc/cpuinfo", "r") else { return "" }
        defer { unsafe fclose(file) }
        var line = [CChar](repeating: 0, count: 512)
        while unsafe fgets(&line, 512, file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if text.hasPrefix("model name") { return text }
        }
        return ""
    }
}
