// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// One file of the protocol as its compiler described it: what the reflection services answer with.
package struct FileDescriptor: Sendable {
    package let name: String
    /// Names of the files this one imports.
    package let imports: [String]
    /// Full names of the services it declares.
    package let services: [String]
    /// Full names of everything it declares, services and their methods included.
    package let symbols: Set<String>
    /// A serialized `google.protobuf.FileDescriptorProto`.
    package let bytes: [UInt8]

    init(name: String, imports: [String], services: [String], symbols: Set<String>, hexadecimal: String) {
        self.name = name
        self.imports = imports
        self.services = services
        self.symbols = symbols
        var bytes: [UInt8] = []
        bytes.reserveCapacity(hexadecimal.utf8.count / 2)
        var high: UInt8?
        for digit in hexadecimal.utf8 {
            let value = digit <= UInt8(ascii: "9") ? digit &- UInt8(ascii: "0") : digit &- UInt8(ascii: "a") &+ 10
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        self.bytes = bytes
    }
}
