// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Which keys a query may look at by its place alone.
package struct AttentionWindow: Sendable {
    private let isCausal: Bool
    private let left: Int
    private let right: Int

    /// Reads `is_causal` and the window sizes.
    package init(_ node: NodeReader) throws(ComputeError) {
        isCausal = try node.flag("is_causal")
        left = try node.integer("left_window_size", default: -1)
        right = try node.integer("right_window_size", default: -1)
        guard left >= -1, right >= -1, left < 1 << 40, right < 1 << 40 else {
            throw .attribute("a window of \(left) to the left and \(right) to the right")
        }
    }

    /// How far a query sees beyond its own number where keys are cut off at its place alone; nil: everywhere.
    ///
    /// Nil in place of the whole where the window has other borders.
    package func reach(past: Int) -> Int?? {
        guard left < 0, right < 0 else { return nil }
        return .some(isCausal ? past : nil)
    }

    /// Whether a query at an absolute place sees a key.
    @inline(__always)
    package func sees(_ key: Int, from place: Int) -> Bool {
        if isCausal && key > place { return false }
        if left >= 0 && key < place &- left { return false }
        return right < 0 || key <= place &+ right
    }
}

/// What is added to the product of a query and a key; negative infinity hides the key.
package struct AttentionBias<Element: RealElement> {
    private var mask: [Element]?
    private var maskStrides = [0, 0, 0]
    private var maskLength = Int.max
    private var maskStep = 0
    private let window: AttentionWindow
    private let past: Int
    private let valid: [Int]?
    private let queryLength: Int

    /// Reads the mask in input 3 and the numbers of valid keys in input 6.
    package init(
        _ inputs: Inputs, query: HeadLayout, keyLength: Int, window: AttentionWindow, past: Int?
    ) throws(ComputeError) {
        self.window = window
        self.past = past ?? 0
        queryLength = query.length
        if let counts = try inputs.optionalTensor(6) {
            guard past == nil else { throw .value("valid key counts do not go with a cache") }
            let numbers = try counts.integers()
            guard numbers.count == query.batch, numbers.allSatisfy({ $0 >= 0 && $0 <= keyLength }) else {
                throw .value("valid key counts \(numbers) for \(keyLength) keys of \(query.batch) items")
            }
            valid = numbers
        } else {
            valid = nil
        }
        guard let tensor = try inputs.optionalTensor(3) else { return }
        let shape = tensor.shape
        guard shape.rank >= 1, shape.rank <= 4, shape[shape.rank - 1] <= keyLength else {
            throw .shape("a mask \(shape) for \(keyLength) keys")
        }
        maskLength = shape[shape.rank - 1]
        maskStep = 1
        let own = shape.strides
        let sizes = [query.batch, query.heads, query.length]
        for axis in 0..<shape.rank - 1 {
            let place = axis + 4 - shape.rank
            guard shape[axis] == 1 || shape[axis] == sizes[place] else {
                throw .shape("a mask \(shape) for queries \(query.shape)")
            }
            maskStrides[place] = shape[axis] == 1 ? 0 : own[axis]
        }
        if tensor.elementType == .bool {
            mask = try tensor.integers().map { $0 != 0 ? 0 : -.infinity }
        } else if tensor.elementType.isInteger {
            mask = try tensor.integers().map { Element($0) }
        } else {
            mask = try tensor.reals(as: Element.self)
        }
    }

    /// What is added for one query and key.
    @inline(__always)
    package func value(item: Int, head: Int, row: Int, key: Int) -> Element {
        let place = row &+ (valid.map { $0[item] &- queryLength } ?? past)
        guard window.sees(key, from: place), key < valid?[item] ?? .max, key < maskLength else { return -.infinity }
        guard let mask else { return 0 }
        return mask[
            item &* maskStrides[0] &+ head &* maskStrides[1] &+ row &* maskStrides[2] &+ key &* maskStep]
    }
}

/// The steps between queries and probabilities for one head.
package struct AttentionSteps<Element: RealElement> {
    /// The factor of the products.
    package var scale: Element
    /// The bound of the scores, or 0 for none.
    package var softcap: Element
    /// Which intermediate result is asked for.
    package var mode: Int?
    /// What multiplies.
    package var product: MatrixProduct

    /// Makes the steps.
    package init(scale: Element, softcap: Element, mode: Int?, product: MatrixProduct) {
        self.scale = scale
        self.softcap = softcap
        self.mode = mode
        self.product = product
    }

    /// Multiplies a head's queries and keys.
    package func score(
        _ queries: Span<Element>, _ query: MatrixPlace, _ keys: Span<Element>, _ key: MatrixPlace,
        _ layout: HeadLayout, _ keyLength: Int, into scores: inout [Element]
    ) {
        for index in scores.indices { scores[index] = 0 }
        var target = scores.mutableSpan
        product.accumulate(
            rows: layout.length, columns: keyLength, depth: layout.features, queries, query, keys, key.transposed,
            into: &target, MatrixPlace(rowStride: keyLength))
        for index in target.indices { target[index] *= scale }
    }

    /// Caps, masks and turns scores into probabilities row by row; a row that sees nothing becomes zeros.
    package func normalize(
        _ scores: inout [Element], _ bias: AttentionBias<Element>?, item: Int, head: Int, _ rows: Int, _ keys: Int,
        _ report: (Int, Element) -> Void
    ) {
        for row in 0..<rows where keys > 0 {
            let start = row &* keys
            var largest = -Element.infinity
            var seesAny = false
            for key in 0..<keys {
                var score = scores[start &+ key]
                if mode == 0 { report(start &+ key, score) }
                if softcap > 0 { score = softcap * Element.tanh(score / softcap) }
                if mode == 1 { report(start &+ key, score) }
                let addend = bias?.value(item: item, head: head, row: row, key: key) ?? 0
                score = addend == -.infinity ? addend : score + addend
                if mode == 2 { report(start &+ key, score) }
                seesAny = seesAny || addend != -.infinity
                if !(score <= largest) { largest = score }
                scores[start &+ key] = score
            }
            var sum: Element = 0
            if largest == -.infinity { largest = 0 }
            for key in 0..<keys {
                let power = seesAny ? Element.exp(scores[start &+ key] - largest) : 0
                scores[start &+ key] = power
                sum += power
            }
            let factor = sum == 0 ? 0 : 1 / sum
            for key in 0..<keys {
                scores[start &+ key] *= factor
                if mode == 3 { report(start &+ key, scores[start &+ key]) }
            }
        }
    }
}
