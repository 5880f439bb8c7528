// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusServing

extension WireReader {
    /// Reads an entry of a map of parameters.
    @_lifetime(self: copy self)
    mutating func parameter() throws(ServingError) -> (name: String, value: ParameterValue?) {
        var entry = WireReader(bytes, try range())
        var name = ""
        var value: ParameterValue?
        while let field = try entry.field() {
            switch (field.number, field.kind) {
            case (1, .bytes): name = try entry.string()
            case (2, .bytes): value = try entry.parameterValue()
            default: try entry.skip(field)
            }
        }
        return (name, value)
    }

    @_lifetime(self: copy self)
    private mutating func parameterValue() throws(ServingError) -> ParameterValue? {
        var message = WireReader(bytes, try range())
        var value: ParameterValue?
        while let field = try message.field() {
            switch (field.number, field.kind) {
            case (1, .varint): value = .bool(try message.varint() != 0)
            case (2, .varint): value = .integer(Int64(bitPattern: try message.varint()))
            case (3, .bytes): value = .string(try message.string())
            case (4, .fixed64): value = .double(Double(bitPattern: try message.fixed64()))
            case (5, .varint): value = .unsigned(try message.varint())
            default: try message.skip(field)
            }
        }
        return value
    }
}

extension WireWriter {
    /// Writes an entry of a map of parameters.
    package mutating func parameter(_ field: UInt64, _ name: String, _ value: ParameterValue) {
        var content = WireWriter()
        switch value {
        case .bool(let value): content.number(1, value ? 1 : 0)
        case .integer(let value): content.number(2, UInt64(bitPattern: value))
        case .string(let value):
            // A choice that is made is written even where the text is empty.
            content.message(3, Array(value.utf8))
        case .double(let value): content.double(4, value)
        case .unsigned(let value): content.number(5, value)
        }
        var entry = WireWriter()
        entry.string(1, name)
        entry.message(2, content)
        message(field, entry)
    }
}

extension ParameterValue {
    /// The value as a count, whichever way a client writes numbers; nil for anything else and for what is below 0.
    var count: UInt64? {
        switch self {
        case .integer(let value): UInt64(exactly: value)
        case .unsigned(let value): value
        default: nil
        }
    }
}
