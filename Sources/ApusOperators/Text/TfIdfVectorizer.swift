// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// How often each n-gram of a pool occurs in each row.
package struct TfIdfVectorizer: Operator {
    package static let schema = Schema("TfIdfVectorizer", since: 9, inputs: 1...1)

    private enum Mode: String, CaseIterable {
        case counts = "TF"
        case presence = "IDF"
        case weightedCounts = "TFIDF"
    }

    /// A word as it is looked up.
    private enum Word: Hashable {
        case integer(Int)
        case text(ExactString)
    }

    /// A beginning of n-grams: the beginnings one word longer, and the n-gram that ends here.
    private struct Beginning {
        var longer: [Word: Int] = [:]
        var gram: Int?
    }

    private let mode: Mode
    private let lengths: ClosedRange<Int>
    private let mostSkips: Int
    private let places: [Int]
    private let weights: [Float]
    private let width: Int
    private let beginnings: [Beginning]

    package init(_ node: NodeReader) throws(ComputeError) {
        guard try node.optionalString("mode") != nil else { throw .attribute("attribute 'mode' is missing") }
        mode = try node.choice("mode", default: Mode.counts)
        let shortest = try node.integer("min_gram_length")
        let longest = try node.integer("max_gram_length")
        guard shortest >= 1, longest >= shortest else { throw .attribute("n-grams of \(shortest) to \(longest) words") }
        lengths = shortest...longest
        mostSkips = try node.integer("max_skip_count")
        guard mostSkips >= 0, mostSkips < 1 << 31 else {
            throw .attribute("attribute 'max_skip_count' is \(mostSkips)")
        }
        places = try node.integers("ngram_indexes")
        weights = try node.floats("weights")
        guard places.allSatisfy({ $0 >= 0 && $0 < 1 << 31 }), weights.isEmpty || weights.count == places.count else {
            throw .attribute("'ngram_indexes' or 'weights' are out of range")
        }
        width = (places.max() ?? -1) + 1
        let pool: [Word]
        if let integers = try node.optionalIntegers("pool_int64s"), !integers.isEmpty {
            pool = integers.map { .integer($0) }
        } else {
            pool = try node.strings("pool_strings").map { .text(ExactString($0)) }
        }
        beginnings = try TfIdfVectorizer.tree(
            pool, starts: try node.integers("ngram_counts"), lengths, gramCount: places.count)
    }

    private static func tree(
        _ pool: [Word], starts: [Int], _ lengths: ClosedRange<Int>, gramCount: Int
    ) throws(ComputeError) -> [Beginning] {
        var beginnings = [Beginning()]
        var gram = 0
        for (index, start) in starts.enumerated() {
            let end = index + 1 < starts.count ? starts[index + 1] : pool.count
            guard start >= 0, start <= end, end <= pool.count, (end - start) % (index + 1) == 0 else {
                throw .attribute("attribute 'ngram_counts' is \(starts) for \(pool.count) words")
            }
            for first in stride(from: start, to: end, by: index + 1) {
                defer { gram += 1 }
                guard gram < gramCount else { throw .attribute("there are more n-grams than 'ngram_indexes'") }
                if !lengths.contains(index + 1) { continue }
                var position = 0
                for word in pool[first..<(first + index + 1)] {
                    if let next = beginnings[position].longer[word] {
                        position = next
                    } else {
                        beginnings[position].longer[word] = beginnings.count
                        position = beginnings.count
                        beginnings.append(Beginning())
                    }
                }
                beginnings[position].gram = gram
            }
        }
        return beginnings
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let sizes = inputs.dimensions(0) else { return [.tensor(.float32, nil)] }
        return [.tensor(.float32, sizes.count == 2 ? [sizes[0], Dimension(width)] : [Dimension(width)])]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        guard source.shape.rank <= 2 else { throw .shape("expected rows of words, not \(source)") }
        let words: [Word] =
            source.elementType == .string
            ? source.strings.map { .text(ExactString($0)) } : try source.integers().map { .integer($0) }
        let rows = source.shape.rank == 2 ? source.shape[0] : 1
        let length = source.shape.rank == 0 ? 1 : source.shape[source.shape.rank - 1]
        let shape: Shape = source.shape.rank == 2 ? [rows, width] : [width]
        try outputs.write(0, of: Float.self, shape) { target throws(ComputeError) in
            for index in target.indices { target[index] = 0 }
            for row in 0..<rows {
                count(words[(row * length)..<((row + 1) * length)]) { target[row * width + $0] += 1 }
            }
            for index in target.indices {
                let weight = index % width < weights.count ? weights[index % width] : 1
                switch mode {
                case .counts: break
                case .presence: target[index] = target[index] > 0 ? weight : 0
                case .weightedCounts: target[index] *= weight
                }
            }
        }
    }

    /// Reports the place of every n-gram found, single words only without skips.
    private func count(_ row: ArraySlice<Word>, _ found: (Int) -> Void) {
        var shortest = lengths.lowerBound
        for step in 1...(mostSkips + 1) {
            if shortest > lengths.upperBound || (step > row.count && step > 1) { return }
            for start in row.indices {
                var position = 0
                var index = start
                var length = 0
                while index < row.endIndex, length < lengths.upperBound,
                    let next = beginnings[position].longer[row[index]]
                {
                    position = next
                    length += 1
                    if length >= shortest, let gram = beginnings[position].gram { found(places[gram]) }
                    index += step
                }
            }
            if shortest == 1 { shortest = 2 }
        }
    }
}
