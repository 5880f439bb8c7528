// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// The size of a dimension: a number, an expression over named sizes, or unknown.
///
/// Expressions are polynomials with integer coefficients. An operation a polynomial cannot express (a rounded
/// quotient) becomes a new name that spells the operation, so equal computations stay equal.
public struct Dimension: Hashable, Sendable, CustomStringConvertible, ExpressibleByIntegerLiteral {
    /// Coefficient by product of names (sorted); nil when nothing is known.
    private var terms: [[String]: Int]?

    private init(terms: [[String]: Int]?) { self.terms = terms?.filter { $0.value != 0 } }

    /// A known size.
    public init(_ value: Int) { self.init(terms: [[]: value]) }
    /// A known size.
    public init(integerLiteral value: Int) { self.init(value) }
    /// A size known by name only.
    public init(symbol: String) { self.init(terms: [[symbol]: 1]) }
    /// A size nothing is known of.
    public static var unknown: Dimension { Dimension(terms: nil) }

    /// The size, where it is a number.
    public var value: Int? {
        guard let terms else { return nil }
        if terms.isEmpty { return 0 }
        return terms.count == 1 ? terms[[]] : nil
    }

    /// Whether nothing at all is known.
    public var isUnknown: Bool { terms == nil }

    /// The names the size depends on.
    public var symbols: Set<String> { Set((terms ?? [:]).keys.joined()) }

    /// The sum; unknown on overflow.
    public static func + (left: Dimension, right: Dimension) -> Dimension {
        guard var sum = left.terms, let other = right.terms else { return .unknown }
        for (product, coefficient) in other {
            let (total, overflow) = sum[product, default: 0].addingReportingOverflow(coefficient)
            guard !overflow else { return .unknown }
            sum[product] = total
        }
        return Dimension(terms: sum)
    }

    /// The difference; unknown on overflow.
    public static func - (left: Dimension, right: Dimension) -> Dimension { left + right * Dimension(-1) }

    /// The product; unknown on overflow.
    public static func * (left: Dimension, right: Dimension) -> Dimension {
        guard let first = left.terms, let second = right.terms else { return .unknown }
        var result: [[String]: Int] = [:]
        for (leftProduct, leftCoefficient) in first {
            for (rightProduct, rightCoefficient) in second {
                let product = (leftProduct + rightProduct).sorted()
                let (value, overflow) = leftCoefficient.multipliedReportingOverflow(by: rightCoefficient)
                let (total, sumOverflow) = result[product, default: 0].addingReportingOverflow(value)
                guard !overflow, !sumOverflow else { return .unknown }
                result[product] = total
            }
        }
        return Dimension(terms: result)
    }

    /// The quotient rounded towards negative infinity; unknown for a divisor that may be 0.
    public func floorDivided(by divisor: Dimension) -> Dimension {
        guard let terms, !divisor.isUnknown, divisor.value != 0 else { return .unknown }
        if self == divisor { return 1 }
        if let value, let divisor = divisor.value {
            let quotient = value / divisor
            return Dimension(value % divisor != 0 && (value < 0) != (divisor < 0) ? quotient - 1 : quotient)
        }
        if let number = divisor.value, number > 0, terms.values.allSatisfy({ $0 % number == 0 }) {
            return Dimension(terms: terms.mapValues { $0 / number })
        }
        if let divisorTerms = divisor.terms, divisorTerms.count == 1, let (names, coefficient) = divisorTerms.first {
            if let exact = dividedExactly(by: names, coefficient) { return exact }
        }
        return Dimension(symbol: "floor((\(self))/(\(divisor)))")
    }

    private func dividedExactly(by names: [String], _ coefficient: Int) -> Dimension? {
        var result: [[String]: Int] = [:]
        for (product, value) in terms ?? [:] {
            var rest = product
            for name in names {
                guard let index = rest.firstIndex(of: name) else { return nil }
                rest.remove(at: index)
            }
            guard coefficient != 0, value % coefficient == 0 else { return nil }
            result[rest] = value / coefficient
        }
        return Dimension(terms: result)
    }

    /// The size with names replaced by numbers; a name that spells an operation is left as it is.
    public func substituting(_ values: [String: Int]) -> Dimension {
        guard let terms else { return .unknown }
        var result: Dimension = 0
        for (product, coefficient) in terms {
            var term = Dimension(coefficient)
            for name in product { term = term * (values[name].map { Dimension($0) } ?? Dimension(symbol: name)) }
            result = result + term
        }
        return result
    }

    /// The expression, such as `2*N + 1`; `?` when unknown.
    public var description: String {
        guard let terms else { return "?" }
        if terms.isEmpty { return "0" }
        let ordered = terms.sorted { ($1.key.count, $0.key.joined()) < ($0.key.count, $1.key.joined()) }
        return ordered.map { product, coefficient in
            if product.isEmpty { return String(coefficient) }
            let names = product.joined(separator: "*")
            return coefficient == 1 ? names : "\(coefficient)*\(names)"
        }.joined(separator: " + ")
    }
}
