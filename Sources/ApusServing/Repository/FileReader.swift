// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Reads a repository's files; tests have one of their own.
package protocol FileReader: Sendable {
    /// The names in a folder, in any order.
    ///
    /// - Throws: ``ServingError`` with code `internal` for a folder that cannot be read.
    func names(in folder: String) throws(ServingError) -> [String]

    /// What is at a path, links followed; nil for nothing.
    func status(_ path: String) -> FileStatus?

    /// The path without links and dots; nil for nothing.
    func resolved(_ path: String) -> String?

    /// The bytes of a file.
    ///
    /// - Throws: ``ServingError`` with code `internal` for a file that cannot be read, or is larger.
    func read(_ path: String, atMost largest: Int) throws(ServingError) -> [UInt8]
}

/// What tells one state of a file from another.
package struct FileStatus: Sendable, Hashable {
    /// What is there.
    package enum Kind: Sendable, Hashable {
        case file
        case folder
        case other
    }

    /// What is there.
    package var kind: Kind
    /// The bytes in it.
    package var byteCount: Int
    /// When it changed last, in nanoseconds since 1970.
    package var modified: Int64
    /// Which file it is, among those of its file system.
    package var identity: UInt64

    /// Makes a status.
    package init(kind: Kind, byteCount: Int = 0, modified: Int64 = 0, identity: UInt64 = 0) {
        self.kind = kind
        self.byteCount = byteCount
        self.modified = modified
        self.identity = identity
    }
}
