// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Removes stop words and changes case.
package struct StringNormalizer: Operator {
    package static let schema = Schema("StringNormalizer", since: 10, inputs: 1...1)

    private enum CaseChange: String, CaseIterable {
        case none = "NONE"
        case lower = "LOWER"
        case upper = "UPPER"
    }

    private let caseChange: CaseChange
    private let isCaseSensitive: Bool
    private let stopWords: Set<ExactString>

    package init(_ node: NodeReader) throws(ComputeError) {
        caseChange = try node.choice("case_change_action", default: CaseChange.none)
        let isCaseSensitive = try node.flag("is_case_sensitive")
        self.isCaseSensitive = isCaseSensitive
        let words = try node.strings("stopwords")
        stopWords = Set(words.map { ExactString(isCaseSensitive ? $0 : $0.lowercased()) })
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let sizes = inputs.dimensions(0) else { return [.tensor(.string, nil)] }
        if stopWords.isEmpty, sizes.last?.value ?? 0 > 0 { return [.tensor(.string, sizes)] }
        return [.tensor(.string, sizes.count == 2 ? [1, .unknown] : [.unknown])]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.strings(0)
        let rank = source.shape.rank
        guard rank == 1 || (rank == 2 && source.shape[0] == 1) else { throw .shape("expected one row, not \(source)") }
        var kept = source.strings
        if !stopWords.isEmpty {
            kept.removeAll { stopWords.contains(ExactString(isCaseSensitive ? $0 : $0.lowercased())) }
        }
        switch caseChange {
        case .none: break
        case .lower: kept = kept.map { $0.lowercased() }
        case .upper: kept = kept.map { $0.uppercased() }
        }
        if kept.isEmpty { kept = [""] }
        outputs.set(0, try Tensor(strings: kept, shape: rank == 1 ? [kept.count] : [1, kept.count]))
    }
}
