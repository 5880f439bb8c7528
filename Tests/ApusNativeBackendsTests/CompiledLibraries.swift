// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

/// Shared libraries compiled from a few lines of C into a folder that goes with its owner.
final class CompiledLibraries {
    private let folder: String
    private var names: [String] = []

    init() throws {
        var name = Array("/tmp/apus-library-XXXXXX".utf8CString)
        // SAFETY: the template is a C string, changed in place.
        let isMade = unsafe mkdtemp(&name) != nil
        try #require(isMade)
        folder = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        // SAFETY: the paths are C strings for the calls.
        for name in names { unsafe unlink(name) }
        unsafe rmdir(folder)
    }

    /// Compiles a library with clang, which Swift brings along, and returns its path.
    func build(_ name: String, _ code: String) throws -> String {
        let (source, library) = ("\(folder)/\(name).c", "\(folder)/\(name).so")
        names += [source, library]
        // SAFETY: the file is closed once; all strings are C strings for the calls.
        let file = unsafe fopen(source, "w")
        let isOpen = unsafe file != nil
        try #require(isOpen)
        if let file = unsafe file {
            unsafe fputs(code, file)
            unsafe fclose(file)
        }
        let status = unsafe system("clang -shared -fPIC -o \(library) \(source)")
        try #require(status == 0)
        return library
    }
}
