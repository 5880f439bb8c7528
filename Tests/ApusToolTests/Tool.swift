// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusFormats
import Glibc
import Testing

/// The built command-line tool, run as a user runs it.
enum Tool {
    /// How a run ended and what it wrote.
    struct Result {
        /// The exit code, or the negated number of the signal that ended it.
        var code: Int32
        var output: String
        var errors: String

        /// The output as JSON.
        var json: JSONValue {
            get throws { try JSONValue(parsing: output) }
        }
    }

    /// The tool lies beside the binary of the tests.
    static let path: String = {
        var buffer = [CChar](repeating: 0, count: 4096)
        // SAFETY: the buffer has the size given.
        let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
        let bytes = buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
        let folder = bytes.split(separator: UInt8(ascii: "/")).dropLast()
        return folder.map { "/" + String(decoding: $0, as: UTF8.self) }.joined() + "/apus"
    }()

    /// Runs the tool; streams go to files, or to a terminal.
    static func run(
        _ arguments: String..., input: String = "", environment: [String: String] = [:], onTerminal: Bool = false
    ) throws -> Result {
        try run(arguments, input: input, environment: environment, onTerminal: onTerminal)
    }

    /// Runs the tool on a list of arguments.
    static func run(
        _ arguments: [String], input: String = "", environment: [String: String] = [:], onTerminal: Bool = false
    ) throws -> Result {
        let folder = try Folder()
        try FileBytes.write(Array(input.utf8), to: folder / "in")
        let terminal = onTerminal ? try Terminal() : nil
        let status = try spawn(
            arguments, environment: environment, input: folder / "in", output: terminal?.name ?? folder / "out",
            errors: terminal?.name ?? folder / "errors", terminal: terminal)
        let code = status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
        if let terminal { return Result(code: code, output: terminal.text, errors: "") }
        let texts = try ["out", "errors"].map { String(decoding: try FileBytes.read(folder / $0), as: UTF8.self) }
        return Result(code: code, output: texts[0], errors: texts[1])
    }

    private static func spawn(
        _ arguments: [String], environment: [String: String], input: String, output: String, errors: String,
        terminal: Terminal?
    ) throws -> Int32 {
        var actions = unsafe posix_spawn_file_actions_t()
        let writing = O_WRONLY | O_CREAT | O_NOCTTY
        var process: pid_t = 0
        var status: Int32 = 0
        // SAFETY: all strings are C strings that live until the process has started; the lists end with null.
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input, O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, writing, 0o600)
        unsafe posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors, writing, 0o600)
        var settings: [String] = []
        let kept = ["PATH", "HOME", "LANG", "APUS_ONNXRUNTIME_LIBRARY", "ASAN_OPTIONS", "TSAN_OPTIONS"]
        for name in kept where environment[name] == nil {
            if let value = unsafe getenv(name) { settings.append("\(name)=\(unsafe String(cString: value))") }
        }
        settings += environment.map { "\($0.key)=\($0.value)" }
        let words = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
        let variables = unsafe settings.map { unsafe strdup($0) } + [nil]
        defer { unsafe (words + variables).forEach { unsafe free($0) } }
        let failure = unsafe posix_spawn(&process, path, &actions, nil, words, variables)
        try #require(failure == 0, "\(path) cannot be started: \(failure)")
        while unsafe waitpid(process, &status, terminal == nil ? 0 : WNOHANG) != process { terminal?.read() }
        terminal?.read()
        return status
    }

    /// A made-up terminal, which keeps what is written to it.
    final class Terminal {
        let name: String
        private let descriptor: Int32
        private var bytes: [UInt8] = []

        init() throws {
            var lock: Int32 = 0
            var number: UInt32 = 0
            // SAFETY: both requests read or write the one number they are given: TIOCSPTLCK and TIOCGPTN.
            descriptor = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY)
            let isUnlocked = unsafe ioctl(descriptor, 0x4004_5431, &lock) == 0
            let hasName = unsafe ioctl(descriptor, 0x8004_5430, &number) == 0
            try #require(isUnlocked && hasName)
            name = "/dev/pts/\(number)"
        }

        deinit { close(descriptor) }

        var text: String { String(decoding: bytes, as: UTF8.self) }

        /// Takes what was written, waiting a twentieth of a second at most.
        func read() {
            var block = [UInt8](repeating: 0, count: 4096)
            // SAFETY: both structures live during the calls, and the block has the size given.
            while true {
                var wish = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                guard unsafe poll(&wish, 1, 50) > 0 else { return }
                let count = unsafe Glibc.read(descriptor, &block, block.count)
                guard count > 0 else { return }
                bytes += block.prefix(count)
            }
        }
    }
}

/// A temporary folder that goes with its owner.
final class Folder {
    let path: String

    init() throws {
        var name = Array("/tmp/apus-tool-XXXXXX".utf8CString)
        // SAFETY: the template is a C string, changed in place.
        let isMade = unsafe mkdtemp(&name) != nil
        try #require(isMade)
        path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { Folder.remove(path) }

    /// The names in a folder, sorted; none where there is no folder.
    static func names(_ path: String) -> [String] {
        var names: [String] = []
        // SAFETY: the folder is closed once, and each name is copied before the next is read.
        guard let directory = unsafe opendir(path) else { return [] }
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        unsafe closedir(directory)
        return names.sorted()
    }

    private static func remove(_ path: String) {
        for name in names(path) { remove(path + "/" + name) }
        _ = unsafe Glibc.remove(path)
    }

    /// The path of a file in the folder.
    static func / (folder: Folder, name: String) -> String { folder.path + "/" + name }
}

extension Folder {
    /// Makes a folder in the folder, unless it is there.
    func makeFolder(_ name: String) throws {
        // SAFETY: the path is a C string for the call.
        let isThere = unsafe mkdir(self / name, 0o700) == 0 || errno == EEXIST
        try #require(isThere)
    }
}
