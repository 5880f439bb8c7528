// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// The terms of an Einstein summation: a number for each dimension, equal where dimensions are walked together.
package struct EinsumEquation: Sendable {
    private let terms: [[Int?]]
    private let result: [Int?]?

    /// Reads an equation such as `ij,jk->ik`; a dot run stands for any number of dimensions.
    ///
    /// - Throws: ``ComputeError`` with code `attribute` for text that is none.
    package init(_ text: String) throws(ComputeError) {
        let characters = text.unicodeScalars.filter { $0 != " " }
        var sides: [[[Int?]]] = [[[]]]
        var position = characters.startIndex
        while position < characters.endIndex {
            let rest = characters[position...]
            let last = sides.count - 1
            let term = sides[last].count - 1
            switch characters[position] {
            case ",": sides[last].append([])
            case "a"..."z", "A"..."Z": sides[last][term].append(Int(characters[position].value))
            case ".":
                guard rest.starts(with: "...".unicodeScalars), !sides[last][term].contains(nil) else {
                    throw .attribute("'\(text)' is no equation")
                }
                sides[last][term].append(nil)
                position = characters.index(position, offsetBy: 2)
            case "-":
                guard rest.starts(with: "->".unicodeScalars), sides.count == 1 else {
                    throw .attribute("'\(text)' is no equation")
                }
                sides.append([[]])
                position = characters.index(after: position)
            default: throw .attribute("'\(characters[position])' has no meaning in the equation '\(text)'")
            }
            position = characters.index(after: position)
        }
        guard sides.count == 1 || sides[1].count == 1 else { throw .attribute("'\(text)' has more than one result") }
        terms = sides[0]
        result = sides.count == 1 ? nil : sides[1][0]
        if let result, Set(result).count != result.count {
            throw .attribute("'\(text)' repeats a letter in its result")
        }
    }

    /// The labels of every operand and of the result, for operands of these ranks; dot runs have negative labels.
    ///
    /// - Throws: ``ComputeError`` with code `shape` when the ranks do not fit.
    package func labels(_ ranks: [Int]) throws(ComputeError) -> (operands: [[Int]], result: [Int]) {
        guard ranks.count == terms.count else {
            throw .shape("the equation has \(terms.count) terms, not \(ranks.count) as there are operands")
        }
        var runLength = 0
        var operands: [[Int]] = []
        for (term, rank) in zip(terms, ranks) {
            let letters = term.count { $0 != nil }
            guard term.contains(nil) ? rank >= letters : rank == letters else {
                throw .shape("a term of \(letters) letters does not describe rank \(rank)")
            }
            let run = rank - letters
            runLength = max(runLength, run)
            operands.append(term.flatMap { label in label.map { [$0] } ?? EinsumEquation.run(run) })
        }
        if let result {
            let labels = result.flatMap { label in label.map { [$0] } ?? EinsumEquation.run(runLength) }
            let known = Set(operands.joined())
            guard labels.allSatisfy({ known.contains($0) }) else {
                throw .attribute("the equation's result has a letter that no term has")
            }
            return (operands, labels)
        }
        var counts: [Int: Int] = [:]
        for label in operands.joined() { counts[label, default: 0] += 1 }
        let once = counts.filter { $0.key >= 0 && $0.value == 1 }.keys.sorted()
        return (operands, EinsumEquation.run(runLength) + once)
    }

    private static func run(_ length: Int) -> [Int] { (0..<length).map { $0 - length } }
}
