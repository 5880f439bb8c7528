// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusProtocol
import ApusServing
import SwiftProtobuf
import Testing

@Suite struct ConfigurationReaderTests {
    private func read(_ text: String) throws(ConfigurationError) -> ConfigurationReader.Document {
        try ConfigurationReader.read(text: Array(text.utf8), origin: "config.pbtxt")
    }

    private func mistakes(_ text: String) -> [ConfigurationMistake] {
        do throws(ConfigurationError) {
            _ = try read(text)
            return []
        } catch {
            return error.mistakes
        }
    }

    @Test("A configuration that sets every field is read, and written and read again says the same")
    func everyField() throws {
        for text in WholeConfiguration.texts {
            let document = try read(text)
            let again = try read(document.message.textFormatString())
            #expect(again.message == document.message)
            let json = try ConfigurationReader.read(json: document.message.jsonString(), origin: "json")
            #expect(json.message == document.message)
            #expect(ConfigurationDiagnosis(Array(text.utf8), origin: "").mistakes == [])
        }
    }

    @Test("The configurations that set every field leave none out")
    func noneLeftOut() throws {
        let schema = ConfigurationSchema.model
        var given: Set<String> = []
        for text in WholeConfiguration.texts {
            for path in ConfigurationDiagnosis(Array(text.utf8), origin: "").lines.keys {
                given.insert(path.split(separator: ".").map { $0.prefix { $0 != "[" } }.joined(separator: "."))
            }
        }
        // Messages that occur at several places need to be whole at one of them.
        var missing: [String: [String]] = [:]
        func visit(_ type: String, at path: String) {
            let fields = schema.messages[type] ?? []
            let left = fields.map { path.isEmpty ? $0.name : "\(path).\($0.name)" }.filter { !given.contains($0) }
            if missing[type] == nil || left.count < missing[type]?.count ?? 0 { missing[type] = left }
            for field in fields {
                guard case .message(let inner) = field.kind else { continue }
                visit(inner, at: path.isEmpty ? field.name : "\(path).\(field.name)")
            }
        }
        visit(ConfigurationSchema.root, at: "")
        #expect(missing.count > 40)
        #expect(missing.values.flatMap(\.self) == [])
    }

    @Test(
        "Mistakes are told with their line and what to write",
        arguments: [
            (
                "max_batch_siz: 4",
                "1:1: a model configuration has no field 'max_batch_siz'; did you mean 'max_batch_size'?"
            ),
            ("\ndata_type: TYPE_FP32", "2:1: a model configuration has no field 'data_type'; it belongs into"),
            ("input { name: \"x\" dim: 3 }", "1:19: 'input[0]' has no field 'dim'; did you mean 'dims'?"),
            (
                "input [ {}, { datatype: TYPE_FP32 } ]",
                "1:15: 'input[1]' has no field 'datatype'; did you mean 'data_type'?"
            ),
            (
                "input { data_type: TYPE_FLOAT32 }",
                "1:20: 'data_type' is a name such as TYPE_BF16, found TYPE_FLOAT32; write TYPE_FP32"
            ),
            ("input { data_type: FP16 }", "found FP16; write TYPE_FP16"),
            ("input { data_type: \"TYPE_INT8\" }", "write TYPE_INT8 without quotes"),
            ("input { data_type: TYPE_INT46 }", "did you mean TYPE_INT"),
            ("instance_group { kind: CPU }", "found CPU; write KIND_CPU"),
            ("instance_group { kind: KIND_CPUS }", "did you mean KIND_CPU?"),
            ("max_batch_size: \"8\"", "'max_batch_size' is a whole number, found \"8\"; write 8 without quotes"),
            ("max_batch_size: 8.5", "'max_batch_size' is a whole number, found 8.5"),
            ("max_batch_size: 99999999999", "found 99999999999; from -2147483648 to 2147483647"),
            ("name: model", "'name' is a text in quotes, found model; write name: \"model\""),
            ("name: \"model", "1:7: the text \"model does not end in its line; add \""),
            ("name", "1:1: 'name' has no value; write name: \"...\""),
            ("dynamic_batching: 3", "'dynamic_batching' holds fields, found 3; write dynamic_batching { ... }"),
            ("input {\n dims: 3, 4\n}", "2:11: expected the name of a field, found 4; several values"),
            ("input { dims: [ 3 4 ] }", "expected ',' or ']' in the list of 'dims', found '4'"),
            ("input {\n name: \"x\"", "2:11: the file ends inside 'input[0]', opened in line 1; add '}'"),
            ("}", "1:1: expected the name of a field, found '}'"),
            ("name: [ \"a\" ]", "'name' takes one value, found a list; remove the brackets"),
            ("name: \"a\"\nname: \"b\"", "2:1: 'name' is given again, first in line 1; remove one of them"),
            ("dynamic_batching {}\nensemble_scheduling {}", "2:1: 'ensemble_scheduling' excludes 'dynamic_batching'"),
            ("response_cache { enable: yes }", "'enable' is true or false, found yes; write true or false"),
            ("$", "1:1: '$' belongs nowhere here"),
        ])
    func mistake(_ text: String, _ expected: String) throws {
        let found = mistakes(text)
        try #require(!found.isEmpty, "accepted: \(text)")
        #expect(found[0].description.contains(expected), "\(found[0])")
    }

    @Test("Every mistake of a text is told, not only the first")
    func several() {
        let found = mistakes("nam: \"a\"\ninput { data_type: FP32 }\nmax_batch_size: x")
        #expect(found.map(\.line) == [1, 2, 3])
    }

    @Test("What a text is cut off after decides nothing but whether it is refused")
    func truncated() {
        let text = Array(WholeConfiguration.texts[0].utf8)
        for count in 0...text.count { check(Array(text[..<count])) }
        let small = Array(
            #"input [ { name: 'a\"\x41' dims: [ -1, 0x1f ] } ] parameters { key: "é" value { } }"#.utf8
        )
        for count in 0...small.count {
            check(Array(small[..<count]))
            for byte in [UInt8(0), 0x22, 0x7b, 0xff] where count < small.count {
                var changed = small
                changed[count] = byte
                check(changed)
            }
        }
    }

    private func check(_ text: [UInt8]) {
        do throws(ConfigurationError) {
            _ = try ConfigurationReader.read(text: text, origin: "c")
        } catch {
            #expect(!error.mistakes.isEmpty)
        }
    }

    @Test("Messages nested without end, bytes that are no text and files without end are refused")
    func hostile() {
        let deep = String(repeating: "optimization {", count: 100_000)
        #expect(!mistakes(deep).isEmpty)
        let lists = "input { dims: " + String(repeating: "[", count: 100_000)
        #expect(!mistakes(lists).isEmpty)
        do throws(ConfigurationError) {
            _ = try ConfigurationReader.read(text: Array("name: \"a\"\n".utf8) + [0xff, 0xfe], origin: "c")
            Issue.record("bytes that are no UTF-8 were read")
        } catch {
            #expect(error.mistakes.first?.line == 2)
        }
        #expect(throws: ConfigurationError.self) {
            try ConfigurationReader.read(text: [UInt8](repeating: 0x20, count: (4 << 20) + 1), origin: "c")
        }
    }

    @Test("JSON is read with either spelling, and its mistakes name the field")
    func json() throws {
        let snake = #"{"name":"m","max_batch_size":0,"input":[{"name":"x","data_type":"TYPE_FP32","dims":["3",4]}]}"#
        let document = try ConfigurationReader.read(json: snake, origin: "config")
        #expect(document.message.input.first?.dims == [3, 4])
        #expect(document.givesMaxBatchSize)
        #expect(try ConfigurationReader.read(json: #"{"maxBatchSize":3}"#, origin: "config").message.maxBatchSize == 3)
        #expect(try !ConfigurationReader.read(json: "{}", origin: "config").givesMaxBatchSize)
        for (text, expected) in [
            (#"{"max_batch_siz":1}"#, "'max_batch_siz'; did you mean 'max_batch_size'?"),
            (#"{"max_batch_size":"x"}"#, "a number"), (#"{"input":[{"data_type":"FP32"}]}"#, "unknown"),
            ("{", "ends too early"), ("[]", "malformed"),
        ] {
            do throws(ConfigurationError) {
                _ = try ConfigurationReader.read(json: text, origin: "config")
                Issue.record("accepted: \(text)")
            } catch {
                #expect(error.description.contains(expected), "\(error)")
            }
        }
    }
}
