// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// A regular expression as a tree.
indirect enum RegexNode {
    case empty
    case character(CharacterTest)
    case assertion(RegexAssertion)
    case sequence([RegexNode])
    case choice([RegexNode])
    case repetition(RegexNode, least: Int, most: Int?)
}

/// What must hold between two characters.
enum RegexAssertion {
    case textStart
    case textEnd
    case lineStart
    case lineEnd
    case wordBoundary
    case noWordBoundary

    func holds(before: Unicode.Scalar?, after: Unicode.Scalar?) -> Bool {
        switch self {
        case .textStart: return before == nil
        case .textEnd: return after == nil
        case .lineStart: return before == nil || before == "\n"
        case .lineEnd: return after == nil || after == "\n"
        case .wordBoundary, .noWordBoundary:
            let isWord = before.map { CharacterTest.wordCharacters.contains($0) } ?? false
            let wasWord = after.map { CharacterTest.wordCharacters.contains($0) } ?? false
            return (isWord != wasWord) == (self == .wordBoundary)
        }
    }
}
