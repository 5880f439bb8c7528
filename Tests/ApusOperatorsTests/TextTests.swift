// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusOperators
import ApusTensors
import Testing

@Suite struct TextTests {
    @Test("Splitting keeps what is left after the last cut")
    func split() throws {
        let source = try Tensor(strings: ["a,b,,c", "", " x  y z "], shape: [3])
        let cut = try evaluated(
            StringSplit.self, ["delimiter": .string(","), "maxsplit": .integer(2)], [source], outputs: 2)
        #expect(cut[0].strings == ["a", "b", ",c", "", "", "", " x  y z ", "", ""])
        #expect(try cut[1].array(of: Int64.self) == [3, 1, 1])
        let spaced = try evaluated(StringSplit.self, ["maxsplit": .integer(1)], [source], outputs: 2)
        #expect(spaced[0].strings == ["a,b,,c", "", "", "", "x", "y z"])
        #expect(try spaced[1].array(of: Int64.self) == [1, 0, 2])
    }

    @Test("Strings of shapes that broadcast are put together")
    func concat() throws {
        let left = try Tensor(strings: ["a", "b"], shape: [2, 1])
        let right = try Tensor(strings: ["x", "y"], shape: [2])
        #expect(try evaluated(StringConcat.self, [left, right])[0].strings == ["ax", "ay", "bx", "by"])
        #expect(refusal(StringConcat.self, [left, try ramp([2])]) == .elementType)
    }

    @Test("Stop words that remove everything leave one empty string")
    func normalizer() throws {
        let source = try Tensor(strings: ["The", "the"], shape: [1, 2])
        let result = try evaluated(StringNormalizer.self, ["stopwords": .strings(["THE"])], [source])[0]
        #expect(result.strings == [""])
        #expect(result.shape == [1, 1])
        #expect(refusal(StringNormalizer.self, [try Tensor(strings: ["a", "b"], shape: [2, 1])]) == .shape)
    }

    @Test("Weights apply to counts and to presence")
    func weights() throws {
        var attributes: [String: Attribute] = [
            "mode": .string("TFIDF"), "min_gram_length": .integer(1), "max_gram_length": .integer(2),
            "max_skip_count": .integer(0), "ngram_counts": .integers([0, 2]), "ngram_indexes": .integers([0, 1, 2]),
            "weights": .floats([2, 3, 4]), "pool_strings": .strings(["a", "b", "a", "b"]),
        ]
        let words = try Tensor(strings: ["a", "b", "a", "b"], shape: [4])
        #expect(try evaluated(TfIdfVectorizer.self, attributes, [words])[0].array(of: Float.self) == [4, 6, 8])
        attributes["mode"] = .string("IDF")
        #expect(try evaluated(TfIdfVectorizer.self, attributes, [words])[0].array(of: Float.self) == [2, 3, 4])
        attributes["ngram_counts"] = .integers([0, 9])
        #expect(refusal(TfIdfVectorizer.self, attributes, [words]) == .attribute)
    }

    @Test("Pictures of simple formats are decoded here, others by registered decoders")
    func pictures() throws {
        func decoded(_ bytes: [UInt8], _ format: String = "RGB") throws(ComputeError) -> Tensor {
            try evaluated(
                ImageDecoder.self, ["pixel_format": .string(format)], [try Tensor(bytes, shape: [bytes.count])])[0]
        }
        let grey = try decoded(Array("P2 2 1 255 0 255".utf8))
        #expect(grey.shape == [1, 2, 3])
        #expect(try grey.array(of: UInt8.self) == [0, 0, 0, 255, 255, 255])
        let colour = Array("P6\n# c\n1 1\n255\n".utf8) + [1, 2, 3]
        #expect(try decoded(colour, "BGR").array(of: UInt8.self) == [3, 2, 1])
        #expect(try decoded(Array(colour.dropLast())).shape == [0, 0, 3])
        let bytes: [UInt8] = [0x89, 0x50, 0x4E, 0x47]
        let input = try Tensor(bytes, shape: [4])
        #expect(refusal(ImageDecoder.self, [input]) == .unsupported)
    }
}
