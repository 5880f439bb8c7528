// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Writes a digest of the files named on the command line after the output path: 64 bits by FNV-1a over the names and
/// contents, which tells versions apart and protects from nothing else.

import Glibc

let arguments = CommandLine.arguments
guard arguments.count >= 2 else {
    print("usage: KernelDigestGenerator OUTPUT FILE...")
    exit(2)
}

func fail(_ path: String) -> Never {
    print("cannot use \(path)")
    exit(1)
}

func digest(_ paths: some Sequence<String>) -> UInt64 {
    var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    func add(_ byte: UInt8) { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    for path in paths {
        for byte in (path.split(separator: "/").last ?? "").utf8 { add(byte) }
        add(0)
        // SAFETY: the file is read between opening and closing it, into a buffer of the size given.
        guard let file = unsafe fopen(path, "r") else { fail(path) }
        while true {
            let count = unsafe fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { break }
            for index in 0..<count { add(buffer[index]) }
        }
        unsafe fclose(file)
        add(0)
    }
    return digest
}

let digits = String(digest(arguments.dropFirst(2)), radix: 16)
let text = """
    /// The version of kernels and lowering: a plan packed by others would be read wrongly.
    package enum KernelSources {
        /// A digest of their sources.
        package static let digest = "\(String(repeating: "0", count: 16 - digits.count) + digits)"
    }

    """
let output = arguments[1]
// SAFETY: the file is written between opening and closing it; both texts are C strings for the calls.
guard let file = unsafe fopen(output, "w") else { fail(output) }
let written = unsafe fputs(text, file)
guard unsafe fclose(file) == 0, written >= 0 else { fail(output) }
