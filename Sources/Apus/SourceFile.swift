// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusONNX
import ApusTensors
import Glibc

/// Files that plans are made from.
enum SourceFile {
    /// Where a source of the plan at a path lies.
    static func location(_ source: String, of plan: String) -> String {
        guard !source.hasPrefix("/"), let slash = plan.lastIndex(of: "/") else { return source }
        return String(plan[...slash]) + source
    }

    /// The size of a regular file and when it changed last, in nanoseconds since 1970; nil when there is none.
    static func state(_ path: String) -> (byteCount: Int, modified: Int64)? {
        var status = stat()
        // SAFETY: the string is a valid C string and the status lives on this stack during the call.
        guard !path.utf8.contains(0), unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return nil
        }
        let seconds = Int64(status.st_mtim.tv_sec)
        return (Int(status.st_size), seconds &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec))
    }

    /// The SHA-256 digest of a file; nil when it cannot be read.
    static func digest(_ path: String) -> [UInt8]? {
        (try? MappedFile(path: path)).map { Checksum.sha256($0.storage.bytes) }
    }

    /// What a plan at a path says of the model it is made from and of its external data.
    ///
    /// - Throws: ``EngineError`` with code `file`.
    static func describe(
        _ model: String, externalFiles: [String], for plan: String
    ) throws(EngineError) -> [PlanRecord.Source] {
        let folder = model.lastIndex(of: "/").map { String(model[...$0]) } ?? ""
        let home = resolved(plan.lastIndex(of: "/").map { String(plan[...$0]) } ?? ".").map {
            $0 == "/" ? $0 : $0 + "/"
        }
        var result: [PlanRecord.Source] = []
        for path in [model] + externalFiles.map({ folder + $0 }) {
            guard let whole = resolved(path), let state = state(whole), let digest = digest(whole) else {
                throw EngineError(.file, "'\(path)' cannot be read again")
            }
            let isBelow = home.map { whole.hasPrefix($0) } ?? false
            result.append(
                PlanRecord.Source(
                    path: isBelow ? String(whole.dropFirst(home?.count ?? 0)) : whole, byteCount: state.byteCount,
                    modified: state.modified, digest: digest))
        }
        return result
    }

    /// The path without links and dots.
    static func resolved(_ path: String) -> String? {
        // SAFETY: the string is a valid C string for the call; the result is copied and freed once.
        guard !path.utf8.contains(0), let whole = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(whole) }
        return unsafe String(cString: whole)
    }
}
