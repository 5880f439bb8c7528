// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// A set of characters of a regular expression.
struct CharacterTest {
    private var ranges: [ClosedRange<UInt32>] = []
    private var categories: [(members: Set<Unicode.GeneralCategory>, isNegated: Bool)] = []
    var isNegated = false

    static let last: UInt32 = 0x10FFFF

    init(_ ranges: [ClosedRange<UInt32>] = []) { self.ranges = ranges }

    init(categories: Set<Unicode.GeneralCategory>, isNegated: Bool) {
        self.categories = [(categories, isNegated)]
    }

    /// Everything the other set holds, too.
    mutating func formUnion(_ other: CharacterTest) {
        ranges += other.isNegated ? CharacterTest.inverted(other.ranges) : other.ranges
        categories += other.categories
    }

    /// Letters and what they become in the other case.
    private static let casePairs: [(UInt32, UInt32)] = {
        var pairs: [(UInt32, UInt32)] = []
        for value in 0..<UInt32(0x1_F000) {
            guard let scalar = Unicode.Scalar(value), scalar.properties.isCased else { continue }
            for text in [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping] {
                let scalars = text.unicodeScalars
                if scalars.count == 1, let other = scalars.first?.value, other != value { pairs.append((value, other)) }
            }
        }
        return pairs
    }()

    /// Adds the letters of the other case for each that is held.
    mutating func foldCase() {
        for _ in 0..<2 {
            settle()
            let settled = CharacterTest(ranges)
            func holds(_ value: UInt32) -> Bool { Unicode.Scalar(value).map { settled.contains($0) } ?? false }
            for (first, second) in CharacterTest.casePairs {
                if holds(first) {
                    if !holds(second) { ranges.append(second...second) }
                } else if holds(second) {
                    ranges.append(first...first)
                }
            }
        }
    }

    /// Sorts and joins the ranges for ``contains(_:)``.
    mutating func settle() { ranges = CharacterTest.joined(ranges) }

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        let value = scalar.value
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < value { low = middle + 1 } else { high = middle }
        }
        var holds = low < ranges.count && ranges[low].lowerBound <= value
        if !holds, !categories.isEmpty {
            let category = scalar.properties.generalCategory
            holds = categories.contains { $0.members.contains(category) != $0.isNegated }
        }
        return holds != isNegated
    }

    private static func joined(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var result: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let previous = result.last, range.lowerBound <= previous.upperBound &+ 1 {
                result[result.count - 1] = previous.lowerBound...max(previous.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
        return result
    }

    private static func inverted(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var result: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in joined(ranges) {
            if range.lowerBound > next { result.append(next...(range.lowerBound - 1)) }
            next = range.upperBound + 1
        }
        if next <= last { result.append(next...last) }
        return result
    }
}

extension CharacterTest {
    static let digits = CharacterTest([0x30...0x39])
    static let spaces = CharacterTest([0x09...0x0A, 0x0C...0x0D, 0x20...0x20])
    static let wordCharacters = CharacterTest([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])

    /// The set `\d`, `\s` or `\w`, or with a capital letter its complement.
    init?(perl letter: Unicode.Scalar) {
        switch letter {
        case "d", "D": self = .digits
        case "s", "S": self = .spaces
        case "w", "W": self = .wordCharacters
        default: return nil
        }
        if letter.value < 0x61 { self = complement }
    }

    /// The set `[:name:]`.
    init?(posix name: String) {
        let ranges: [ClosedRange<UInt32>]? =
            switch name {
            case "alnum": [0x30...0x39, 0x41...0x5A, 0x61...0x7A]
            case "alpha": [0x41...0x5A, 0x61...0x7A]
            case "ascii": [0x00...0x7F]
            case "blank": [0x09...0x09, 0x20...0x20]
            case "cntrl": [0x00...0x1F, 0x7F...0x7F]
            case "digit": [0x30...0x39]
            case "graph": [0x21...0x7E]
            case "lower": [0x61...0x7A]
            case "print": [0x20...0x7E]
            case "punct": [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E]
            case "space": [0x09...0x0D, 0x20...0x20]
            case "upper": [0x41...0x5A]
            case "word": [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A]
            case "xdigit": [0x30...0x39, 0x41...0x46, 0x61...0x66]
            default: nil
            }
        guard let ranges else { return nil }
        self.init(ranges)
    }

    /// The characters of a general category such as `L` or `Lu`.
    init?(category name: String, isNegated: Bool) {
        if name == "Any" {
            self.init(isNegated ? [] : [0...CharacterTest.last])
            return
        }
        let known: [(String, Unicode.GeneralCategory)] = [
            ("Lu", .uppercaseLetter), ("Ll", .lowercaseLetter), ("Lt", .titlecaseLetter), ("Lm", .modifierLetter),
            ("Lo", .otherLetter), ("Mn", .nonspacingMark), ("Mc", .spacingMark), ("Me", .enclosingMark),
            ("Nd", .decimalNumber), ("Nl", .letterNumber), ("No", .otherNumber), ("Pc", .connectorPunctuation),
            ("Pd", .dashPunctuation), ("Ps", .openPunctuation), ("Pe", .closePunctuation),
            ("Pi", .initialPunctuation), ("Pf", .finalPunctuation), ("Po", .otherPunctuation), ("Sm", .mathSymbol),
            ("Sc", .currencySymbol), ("Sk", .modifierSymbol), ("So", .otherSymbol), ("Zs", .spaceSeparator),
            ("Zl", .lineSeparator), ("Zp", .paragraphSeparator), ("Cc", .control), ("Cf", .format),
            ("Cs", .surrogate), ("Co", .privateUse), ("Cn", .unassigned),
        ]
        guard name.count == 1 || name.count == 2 else { return nil }
        let members = known.filter { $0.0.hasPrefix(name) }
        if members.isEmpty { return nil }
        self.init(categories: Set(members.map(\.1)), isNegated: isNegated)
    }

    /// Every other character; the set must be one of ranges only.
    var complement: CharacterTest {
        var result = CharacterTest()
        var other = self
        other.isNegated = true
        result.formUnion(other)
        return result
    }
}
