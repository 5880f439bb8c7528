// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

extension InferenceWalk {
    /// What was inferred, with gaps filled from a declaration; the declaration loses where they disagree.
    func merge(_ value: InferredValue, declared: ValueType) -> InferredValue {
        var value = value
        value.type = merge(value.type, declared)
        return value
    }

    /// As ``merge(_:declared:)``, but models often declare the sizes of outputs wrongly: they count only where nothing
    /// is known.
    func merge(_ value: InferredValue, declaredOutput declared: ValueType) -> InferredValue {
        guard case .tensor(let elementType, let dimensions?) = declared, value.type.dimensions == nil else {
            return value.type.dimensions == nil ? merge(value, declared: declared) : value
        }
        let sizes = [Dimension](repeating: .unknown, count: dimensions.count)
        return merge(value, declared: .tensor(elementType, sizes))
    }

    private func merge(_ inferred: ValueType, _ declared: ValueType) -> ValueType {
        switch (inferred, declared) {
        case (.unknown, _): return declared
        case (.tensor(let type, let sizes), .tensor(let declaredType, let declaredSizes)):
            guard type == declaredType, let declaredSizes else { return inferred }
            guard let sizes else { return declared }
            guard sizes.count == declaredSizes.count else { return inferred }
            return .tensor(type, zip(sizes, declaredSizes).map { $0.isUnknown ? $1 : $0 })
        case (.sequence(let element), .sequence(let declaredElement)): return .sequence(merge(element, declaredElement))
        case (.optional(let element), .optional(let declaredElement)): return .optional(merge(element, declaredElement))
        case (.map(let key, let value), .map(let declaredKey, let declaredValue)) where key == declaredKey:
            return .map(key, merge(value, declaredValue))
        default: return inferred
        }
    }

    /// What holds of a value that is one or the other.
    func join(_ first: ValueType, _ second: ValueType) -> ValueType {
        switch (first, second) {
        case (.tensor(let type, let sizes), .tensor(let otherType, let otherSizes)):
            guard type == otherType else { return .unknown }
            guard let sizes, let otherSizes, sizes.count == otherSizes.count else { return .tensor(type, nil) }
            return .tensor(type, zip(sizes, otherSizes).map { $0 == $1 ? $0 : .unknown })
        case (.sequence(let element), .sequence(let other)): return .sequence(join(element, other))
        case (.optional(let element), .optional(let other)): return .optional(join(element, other))
        case (.optional(let element), let other), (let other, .optional(let element)):
            return .optional(join(element, other))
        case (.map, .map): return first == second ? first : .unknown
        default: return .unknown
        }
    }

    /// The type with sizes that only make sense inside a subgraph forgotten.
    func leaving(_ type: ValueType, known symbols: Set<String>) -> ValueType {
        switch type {
        case .tensor(let elementType, let sizes):
            return .tensor(elementType, sizes?.map { $0.symbols.isSubset(of: symbols) ? $0 : .unknown })
        case .sequence(let element): return .sequence(leaving(element, known: symbols))
        case .optional(let element): return .optional(leaving(element, known: symbols))
        case .map(let key, let value): return .map(key, leaving(value, known: symbols))
        case .unknown: return type
        }
    }

    /// The names of dimensions that the facts speak of.
    func symbols(in facts: [String: InferredValue]) -> Set<String> {
        var result: Set<String> = []
        for value in facts.values {
            for size in value.type.dimensions ?? [] where size.value == nil { result.formUnion(size.symbols) }
        }
        return result
    }
}
