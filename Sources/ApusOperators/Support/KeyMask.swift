// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// Which keys a mask of any of its forms hides from which query.
package struct KeyMask {
    private enum Form {
        case none
        case range([Range<Int>])
        case table([Bool], steps: (item: Int, query: Int, offset: Int))
    }

    private let form: Form
    /// What is added to the score of a hidden key.
    private let filter: Float
    private let isCausal: Bool
    private let past: Int
    private let keyCount: Int

    /// Reads a mask for batch × queries × keys scores.
    ///
    /// - Throws: ``ComputeError`` with code `shape` or `value`.
    package init(
        _ mask: Tensor?, filter: Float, isCausal: Bool, batch: Int, queryCount: Int, keyCount: Int
    ) throws(ComputeError) {
        self.filter = filter
        self.isCausal = isCausal
        self.keyCount = keyCount
        past = max(keyCount - queryCount, 0)
        guard let mask else {
            form = .none
            return
        }
        let numbers = try mask.integers()
        let shape = mask.shape
        switch shape.rank {
        case 1 where shape[0] == batch || shape[0] == 2 * batch || shape[0] == 3 * batch + 2:
            form = .range(
                (0..<batch).map { item in
                    let end = min(max(numbers[item], 0), keyCount)
                    let start = shape[0] == 2 * batch && batch > 0 ? numbers[batch + item] : 0
                    return min(max(start, 0), end)..<end
                })
        case 2 where shape[0] == batch && shape[1] == keyCount:
            form = .table(numbers.map { $0 > 0 }, steps: (keyCount, 0, 0))
        case 3 where shape[0] == batch && shape[1] == queryCount && shape[2] == keyCount:
            form = .table(numbers.map { $0 > 0 }, steps: (queryCount * keyCount, keyCount, 0))
        case 4 where shape[0] == batch && shape[1] == 1 && shape[2] == shape[3] && shape[2] >= keyCount:
            form = .table(
                numbers.map { $0 > 0 },
                steps: (shape[2] * shape[3], shape[3], (keyCount - queryCount) * shape[3]))
        default: throw .shape("the mask \(mask) does not fit \(queryCount) queries and \(keyCount) keys")
        }
    }

    /// Adds the filter to hidden keys' scores; returns the keys that are not in the future.
    package func apply(_ scores: inout ArraySlice<Float>, _ item: Int, _ query: Int) -> Range<Int> {
        let first = scores.startIndex
        switch form {
        case .none: break
        case .range(let ranges):
            for key in 0..<keyCount where !ranges[item].contains(key) { scores[first + key] += filter }
        case .table(let flags, let steps):
            let row = item * steps.item + query * steps.query + steps.offset
            for key in 0..<keyCount where !flags[row + key] { scores[first + key] += filter }
        }
        return 0..<(isCausal ? min(past + query + 1, keyCount) : keyCount)
    }
}
