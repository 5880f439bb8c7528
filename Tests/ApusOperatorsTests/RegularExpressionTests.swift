// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusOperators
import ApusTensors
import Testing

@Suite struct RegularExpressionTests {
    private func matches(_ pattern: String, _ text: String) throws -> Bool {
        try evaluated(
            RegexFullMatch.self, ["pattern": .string(pattern)], [try Tensor(strings: [text], shape: [1])])[0]
            .array(of: Bool.self)[0]
    }

    private func refusal(_ pattern: String) throws -> ComputeError.Code? {
        ApusOperatorsTests.refusal(
            RegexFullMatch.self, ["pattern": .string(pattern)], [try Tensor(strings: [""], shape: [1])])
    }

    @Test(
        "What matches as a whole",
        arguments: [
            ("", ""), ("a|bc", "bc"), ("(ab)*", "abab"), ("a{2,3}", "aaa"), ("a{2,}", "aaaaa"), ("a{,3}", "a{,3}"),
            ("[a-c\\]]+", "a]cb"), ("[^a]", "\n"), ("[]a]", "]"), ("[a-]", "-"), ("[[:alpha:]_]+", "Ab_"),
            ("[[:^digit:]]", "x"), ("\\d\\D\\s\\S\\w\\W", "1a b_!"), ("^a$", "a"), ("\\Aab\\z", "ab"),
            ("a\\b b", "a b"), ("a\\Bb", "ab"), ("(?i)straße", "STRAßE"), ("(?i:a)b", "Ab"), ("(?s).", "\n"),
            ("(?m)a$\\n^b", "a\nb"), ("(?P<name>x)+?", "xx"), ("(?<name>x)", "x"), ("\\x41\\x{1F600}", "A\u{1F600}"),
            ("\\101\\0", "A\0"), ("\\Qa.b\\E+", "a.bbb"), ("\\pL\\p{Nd}\\P{L}", "é3-"),
            (".", "\u{1F600}"), ("(a*)*", "aaaa"), ("(|a)+", "aaa"), ("[\\d.]+", "1.5"), ("\\.", "."),
            ("(?i)[^a]", "b"), ("(www\\.)?[\\w.+-]+@[\\w-]+\\.(com|org)", "a.b@c-d.org"),
        ])
    func whole(pattern: String, text: String) throws {
        #expect(try matches(pattern, text), "\(pattern) on \(text)")
    }

    @Test(
        "What does not match",
        arguments: [
            ("a", "ab"), ("a", "ba"), (".", "\n"), ("[^a]", "a"), ("(?i)[^a]", "A"), ("a$b", "ab"), ("\\bb", "ab c"),
            ("\\w", "é"), ("a{2,3}", "a"), ("[[:upper:]]", "a"), ("a|b|", "c"), ("^$", "\n"),
        ])
    func partial(pattern: String, text: String) throws {
        #expect(try !matches(pattern, text), "\(pattern) on \(text)")
    }

    @Test("Bad patterns and ones that need backtracking are refused")
    func refusals() throws {
        for pattern in [
            "(", ")", "[a", "a**", "*", "\\", "[b-a]", "a{2,1}", "a{1001}", "(a{100}){100}", "[[:x:]]", "\\y",
        ] {
            #expect(try refusal(pattern) == .attribute, "\(pattern)")
        }
        for pattern in ["(a)\\1", "(?=a)", "(?!a)", "(?<=a)", "(?>a)", "\\C", "\\p{Klingon}"] {
            #expect(try refusal(pattern) == .unsupported, "\(pattern)")
        }
        #expect(try refusal(String(repeating: "(", count: 500)) == .unsupported)
        #expect(try refusal("((\\w{30}){30}x\\w{1000}){1}" + String(repeating: "\\w{1000}", count: 60)) == .limit)
    }

    @Test("Time grows with the text, not with the ways to match it")
    func linear() throws {
        #expect(try !matches("(a*)*(a|aa)+(a?){30}b", String(repeating: "a", count: 2000)))
    }
}
