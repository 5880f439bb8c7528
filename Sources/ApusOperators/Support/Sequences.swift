// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

extension Array where Element == InferredValue? {
    /// The type of an input sequence's items.
    func item(_ index: Int) -> ValueType {
        if case .sequence(let item)? = known(index)?.type { return item }
        return .unknown
    }
}

extension ValueType {
    /// The type of items that are of this type or another.
    func item(or other: ValueType) -> ValueType {
        guard case .tensor(let type, let sizes) = self, case .tensor(type, let otherSizes) = other else {
            return self == other ? self : .unknown
        }
        guard let sizes, let otherSizes, sizes.count == otherSizes.count else { return .tensor(type, nil) }
        return .tensor(type, zip(sizes, otherSizes).map { $0 == $1 ? $0 : .unknown })
    }
}
