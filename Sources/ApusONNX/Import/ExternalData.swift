// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors
import Glibc

/// The files beside a model that hold its larger tensors; each is mapped once.
///
/// Nothing outside the model's folder can be reached: every component of a location is opened below the one before
/// without following links, and what is read is what was opened.
final class ExternalData {
    private let folder: String
    private let allowsHardLinks: Bool
    private var files: [String: TensorStorage] = [:]

    init(folder: String, allowsHardLinks: Bool) {
        self.folder = folder.isEmpty ? "." : folder
        self.allowsHardLinks = allowsHardLinks
    }

    /// The files that were read, sorted.
    var locations: [String] { files.keys.sorted() }

    /// Where the bytes of a tensor lie.
    func bytes(of message: TensorMessage, expected: Int) throws(ImportError) -> (TensorStorage, Range<Int>) {
        func refuse(_ text: String) -> ImportError {
            ImportError(.externalData, "tensor \(message.name.quoted): " + text, at: message.byteOffset)
        }
        var location: String?
        var offset = 0
        var length = expected
        for (key, value) in message.external {
            switch key {
            case "location": location = value
            case "offset", "length":
                guard let number = Int(value), number >= 0 else { throw refuse("\(key) is \(value.quoted)") }
                if key == "offset" { offset = number } else { length = number }
            case "checksum": continue
            case _ where key.hasPrefix("prepacked"): continue
            default: throw refuse("unknown setting \(key.quoted) of external data")
            }
        }
        guard let location else { throw refuse("external data without a location") }
        guard length == expected else { throw refuse("takes \(expected) bytes, the location says \(length)") }
        if expected == 0 { return (try emptyStorage(), 0..<0) }
        let storage = try file(at: location, refuse)
        guard offset <= storage.byteCount, length <= storage.byteCount - offset else {
            throw refuse("\(length) bytes at \(offset) pass the end of \(location.quoted), \(storage.byteCount) bytes")
        }
        return (storage, offset..<offset + length)
    }

    private func emptyStorage() throws(ImportError) -> TensorStorage {
        try computing(nil) { () throws(ComputeError) in
            try TensorStorage(byteCount: 0, zeroed: true, budget: nil)
        }
    }

    private func file(at location: String, _ refuse: (String) -> ImportError) throws(ImportError) -> TensorStorage {
        if let known = files[location] { return known }
        let components = try components(of: location, refuse)
        do {
            let storage = try open(components)
            files[location] = storage
            return storage
        } catch {
            throw refuse("external data in \(location.quoted): \(error.message)")
        }
    }

    private func components(of location: String, _ refuse: (String) -> ImportError) throws(ImportError) -> [String] {
        let isPlain = !location.isEmpty && !location.hasPrefix("/") && !location.utf8.contains { $0 == 0 || $0 == 0x5C }
        var components = location.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        while components.count > 1, components.first == "." { components.removeFirst() }
        guard isPlain, components.count <= 64, components.allSatisfy({ !$0.isEmpty && $0 != ".." && $0 != "." }) else {
            throw refuse("external data in \(location.quoted), which is not a plain path below the model's folder")
        }
        return components
    }

    private func open(_ components: [String]) throws(FileError) -> TensorStorage {
        var path = folder
        // SAFETY: all strings are valid C strings for their calls; each descriptor is closed once.
        var directory = unsafe Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw FileError(errno: errno, path: path) }
        defer { _ = close(directory) }
        for (index, component) in components.enumerated() {
            path += "/" + component
            let isLast = index == components.count - 1
            let flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | (isLast ? 0 : O_DIRECTORY)
            let next = unsafe openat(directory, component, flags)
            let number = errno
            guard next >= 0 else {
                if number == ELOOP || isLink(component, in: directory) {
                    throw FileError(.notRegular, path: path, "links are not followed")
                }
                throw FileError(errno: number, path: path)
            }
            _ = close(directory)
            directory = next
        }
        if !allowsHardLinks {
            var status = stat()
            guard unsafe fstat(directory, &status) == 0 else { throw FileError(errno: errno, path: path) }
            guard status.st_mode & S_IFMT != S_IFREG || status.st_nlink == 1 else {
                throw FileError(.notRegular, path: path, "the file has several names (hard links)")
            }
        }
        return try MappedFile(descriptor: directory, path: path).storage
    }

    private func isLink(_ component: String, in directory: Int32) -> Bool {
        var status = stat()
        // SAFETY: the string is a valid C string and the status lives on this stack during the call.
        return unsafe fstatat(directory, component, &status, AT_SYMLINK_NOFOLLOW) == 0
            && status.st_mode & S_IFMT == S_IFLNK
    }
}
