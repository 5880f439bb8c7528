// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusFormats
import Testing

@Suite struct JSONTests {
    @Test("Documents keep their values, names and order")
    func parses() throws {
        let text = #" {"b": [1, -2.5e1, true, null], "a": {"x\u00e9\ud83d\ude00\n": "/"}, "n": 9223372036854775807} "#
        let value = try JSONValue(parsing: text)
        #expect(value["b"] == .array([1, -25.0, true, nil]))
        #expect(value["a"]?["xé😀\n"] == "/")
        #expect(value["n"] == .integer(.max))
        #expect(try JSONValue(parsing: value.text()) == value)
        #expect(try JSONValue(parsing: value.text(isIndented: true)) == value)
    }

    @Test(
        "Broken documents are refused",
        arguments: [
            "", "{", "[1", "[1,]", "{\"a\" 1}", "{\"a\":1,\"a\":2}", "\"\\ud800\"", "\"a", "01x", "tru", "1 2", "+1",
            "\"\u{1}\"", "--1", "[1 2]",
        ])
    func refuses(_ text: String) {
        #expect(throws: FormatError.self) { try JSONValue(parsing: text) }
    }

    @Test("Deep nesting is refused, not followed")
    func depth() {
        let text = String(repeating: "[", count: 100_000)
        #expect(throws: FormatError(.limit, "JSON is nested deeper than 128 levels")) { try JSONValue(parsing: text) }
    }

    @Test("Errors name line and column")
    func place() {
        #expect(throws: FormatError(.format, "JSON line 2 column 3: expected a colon after \"a\"")) {
            try JSONValue(parsing: "{\"a\"\n  1}")
        }
    }
}
