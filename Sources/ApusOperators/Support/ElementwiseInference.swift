// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

extension InferredValue {
    /// The elements of a small integer tensor, from what inference carried along or from the constant itself.
    package var knownElements: [Dimension]? {
        if let elements { return elements }
        guard let constant, constant.elementType == .int64 || constant.elementType == .int32,
            constant.shape.rank <= 1, constant.elementCount <= 64, let values = try? constant.integers()
        else { return nil }
        return values.map { Dimension($0) }
    }
}

/// What inference knows of operators that work element by element.
package enum ElementwiseInference {
    /// The sizes two shapes broadcast to; nil where a rank is unknown.
    ///
    /// - Throws: ``ComputeError`` with code `shape` when they can never broadcast.
    package static func broadcast(
        _ left: [Dimension]?, _ right: [Dimension]?
    ) throws(ComputeError) -> [Dimension]? {
        guard let left, let right else { return nil }
        let rank = Swift.max(left.count, right.count)
        let lefts = [Dimension](repeating: 1, count: rank - left.count) + left
        let rights = [Dimension](repeating: 1, count: rank - right.count) + right
        var result: [Dimension] = []
        for axis in 0..<rank { result.append(try broadcast(lefts[axis], rights[axis])) }
        return result
    }

    private static func broadcast(_ left: Dimension, _ right: Dimension) throws(ComputeError) -> Dimension {
        if left.value == 1 { return right }
        if right.value == 1 { return left }
        switch (left.value, right.value) {
        case (let first?, let second?):
            guard first == second else { throw .shape("sizes \(first) and \(second) do not broadcast") }
            return left
        case (_?, nil): return left
        case (nil, _?): return right
        case (nil, nil):
            if left == right || right.isLeast(of: left) { return left }
            return left.isLeast(of: right) ? right : .unknown
        }
    }

    /// The sizes all the values broadcast to; nil where a rank is unknown.
    ///
    /// - Throws: ``ComputeError`` with code `shape` when they can never broadcast.
    package static func broadcast(_ inputs: [InferredValue?]) throws(ComputeError) -> [Dimension]? {
        var result: [Dimension]? = []
        for input in inputs { result = try broadcast(result, input?.type.dimensions) }
        return result
    }

    /// The elements of a result of rank 0 or 1, from those of two operands that broadcast.
    package static func elements(
        _ left: InferredValue?, _ right: InferredValue?, _ type: ValueType,
        _ combine: (Dimension, Dimension) -> Dimension
    ) -> [Dimension]? {
        guard type.elementType == .int64 || type.elementType == .int32, let rank = type.dimensions?.count, rank <= 1,
            let lefts = left?.knownElements, let rights = right?.knownElements,
            lefts.count == rights.count || lefts.count == 1 || rights.count == 1
        else { return nil }
        let count = lefts.count == 1 ? rights.count : lefts.count
        let result = (0..<count).map { index in
            combine(lefts[lefts.count == 1 ? 0 : index], rights[rights.count == 1 ? 0 : index])
        }
        return result.allSatisfy(\.isUnknown) ? nil : result
    }
}

extension Dimension {
    /// The lesser of two sizes, neither of which is unknown.
    ///
    /// Its name spells the operation, so that equal computations stay equal.
    package static func least(_ left: Dimension, _ right: Dimension) -> Dimension {
        let names = [left.description, right.description].sorted()
        return Dimension(symbol: "min(\(names[0]), \(names[1]))")
    }

    /// Whether this is the lesser of the other size and a positive number: broadcasting the two gives the other.
    func isLeast(of other: Dimension) -> Bool {
        let text = description
        guard text.hasPrefix("min("), text.hasSuffix(")"), !other.isUnknown else { return false }
        let inner = text.dropFirst(4).dropLast()
        let name = other.description
        let number: Substring
        if inner.hasSuffix(", " + name) {
            number = inner.dropLast(name.count + 2)
        } else if inner.hasPrefix(name + ", ") {
            number = inner.dropFirst(name.count + 2)
        } else {
            return false
        }
        return Int(number).map { $0 > 0 } ?? false
    }
}
