// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// The left side of a rule: an expression over operators that a value may be the result of.
///
/// A string stands for any value (the same value where it occurs twice), a number for a constant all of whose
/// elements are that number.
package indirect enum Pattern: Sendable, ExpressibleByStringLiteral, ExpressibleByFloatLiteral {
    /// Any value, under a name.
    case value(String)
    /// A constant, under a name.
    case constant(String)
    /// A constant all of whose elements are the number, within one part in a thousand.
    case number(Double)
    /// A constant all of whose elements are exactly the number.
    case exactly(Double)
    /// One of several operators applied to values.
    case apply(Application)
    /// The first of several forms that matches.
    case either([Pattern])
    /// The same as the pattern, with the value it matches under a name.
    case named(String, Pattern)

    package init(stringLiteral value: String) { self = .value(value) }
    package init(floatLiteral value: Double) { self = .number(value) }

    /// The operators the root may be, or nil for any.
    package var rootOperators: Set<String>? {
        switch self {
        case .apply(let application): application.operators
        case .either(let patterns):
            patterns.reduce(Set<String>?([])) { found, pattern in
                guard let found, let more = pattern.rootOperators else { return nil }
                return found.union(more)
            }
        case .named(_, let pattern): pattern.rootOperators
        default: nil
        }
    }

    /// What the root of a pattern applies.
    package struct Application: Sendable {
        /// The operators it may be; those of other domains with their domain and a dot.
        package var operators: Set<String>
        /// The values it is applied to, from the first input on.
        package var inputs: [Pattern]
        /// The name its node goes under.
        package var name: String?
        /// Whether nodes outside the match may read its value too.
        package var isShared = false
        /// Whether it may have more inputs than the pattern names.
        package var isOpen = false
    }

    /// The same pattern where nodes outside the match may read the value too.
    package var shared: Pattern { changed { $0.isShared = true } }

    /// The same pattern where the node may have more inputs.
    package var open: Pattern { changed { $0.isOpen = true } }

    /// The same pattern with its node under a name.
    package func node(_ name: String) -> Pattern { changed { $0.name = name } }

    private func changed(_ change: (inout Application) -> Void) -> Pattern {
        guard case .apply(var application) = self else { return self }
        change(&application)
        return .apply(application)
    }
}

/// An operator applied to values; without values, to any.
package func op(_ name: String, _ inputs: Pattern...) -> Pattern {
    .apply(Pattern.Application(operators: [name], inputs: inputs, isOpen: inputs.isEmpty))
}

/// One of several operators applied to values; without values, to any.
package func op(_ names: Set<String>, _ inputs: Pattern...) -> Pattern {
    .apply(Pattern.Application(operators: names, inputs: inputs, isOpen: inputs.isEmpty))
}

/// A place where a pattern fits a graph.
package struct Match: Sendable {
    /// The position of the node that makes the value matched.
    package let root: Int
    /// The values under the names of the pattern.
    package var values: [String: String] = [:]
    /// The positions of nodes under the names of the pattern.
    package var nodes: [String: Int] = [:]
    /// The positions of all nodes matched, the root first.
    package var positions: [Int] = []
    /// The values between matched nodes that nothing else may read.
    var interior: [String] = []

    init(root: Int) { self.root = root }

    /// The value under a name.
    package func value(_ name: String) -> String { values[name] ?? "" }
}
