// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

extension GraphIndex {
    /// Where the pattern fits the node at the given position; nil where it does not.
    package func match(_ pattern: Pattern, at position: Int) -> Match? {
        guard let output = graph.nodes[position].outputs.first else { return nil }
        return alternatives(pattern, output, Match(root: position)).first { match in
            match.interior.allSatisfy { name in
                !isOutput(name) && (consumers[name] ?? []).allSatisfy { match.positions.contains($0) }
            }
        }
    }

    private func alternatives(_ pattern: Pattern, _ name: String, _ match: Match) -> [Match] {
        guard !name.isEmpty else { return [] }
        switch pattern {
        case .value(let variable): return binding(variable, name, match)
        case .constant(let variable): return constant(name) == nil ? [] : binding(variable, name, match)
        case .number(let number): return isConstant(name, near: number) ? [match] : []
        case .exactly(let number): return uniformNumber(name) == number ? [match] : []
        case .named(let variable, let inner):
            return binding(variable, name, match).flatMap { alternatives(inner, name, $0) }
        case .either(let patterns): return patterns.flatMap { alternatives($0, name, match) }
        case .apply(let application): return alternatives(application, name, match)
        }
    }

    private func alternatives(_ application: Pattern.Application, _ name: String, _ match: Match) -> [Match] {
        guard let position = producers[name] else { return [] }
        let node = graph.nodes[position]
        let inputs = application.inputs
        guard application.operators.contains(node.qualifiedName), node.outputs.first == name,
            inputs.count <= node.inputs.count,
            application.isOpen || node.inputs.dropFirst(inputs.count).allSatisfy(\.isEmpty)
        else { return [] }
        var match = match
        if !match.positions.contains(position) { match.positions.append(position) }
        if position != match.root, !application.isShared { match.interior.append(name) }
        if let label = application.name {
            if let bound = match.nodes[label], bound != position { return [] }
            match.nodes[label] = position
        }
        let straight = all(inputs, node.inputs, match)
        guard inputs.count == 2, node.isCommutative, node.inputs.count == 2 else { return straight }
        return straight + all(inputs, node.inputs.reversed(), match)
    }

    private func all(_ patterns: [Pattern], _ names: [String], _ match: Match) -> [Match] {
        var matches = [match]
        for (pattern, name) in zip(patterns, names) {
            matches = matches.flatMap { alternatives(pattern, name, $0) }
            if matches.isEmpty { return [] }
        }
        return matches
    }

    private func binding(_ variable: String, _ name: String, _ match: Match) -> [Match] {
        if let bound = match.values[variable] { return bound == name ? [match] : [] }
        var match = match
        match.values[variable] = name
        return [match]
    }

    /// Whether the value is a constant whose elements are all the number, within one part in a thousand.
    package func isConstant(_ name: String, near number: Double) -> Bool {
        guard let value = uniformNumber(name) else { return false }
        return abs(value - number) <= 1e-3 * abs(number)
    }

    /// The number that all elements of a constant are, if it is one and they are.
    package func uniformNumber(_ name: String) -> Double? { constant(name)?.uniformNumber }
}

extension Tensor {
    /// The number that all elements are; nil for empty tensors and types that are not plain numbers.
    package var uniformNumber: Double? {
        switch elementType {
        case .float32: uniform(Float.self).map { Double($0) }
        case .float64: uniform(Double.self)
        case .float16: uniform(Float16.self).map { Double($0) }
        case .bfloat16: uniform(BFloat16.self).map { Double($0.float) }
        case .int64: uniform(Int64.self).map { Double($0) }
        case .int32: uniform(Int32.self).map { Double($0) }
        case .int8: uniform(Int8.self).map { Double($0) }
        case .uint8: uniform(UInt8.self).map { Double($0) }
        default: nil
        }
    }

    private func uniform<Element: TensorElement & Equatable>(_ type: Element.Type) -> Element? {
        guard let span = try? elements(of: Element.self), span.count > 0 else { return nil }
        let first = span[0]
        for index in span.indices where span[index] != first { return nil }
        return first
    }
}

extension Node {
    /// Whether the first two inputs can change places.
    package var isCommutative: Bool {
        domain.isEmpty
            && ["Add", "Mul", "Min", "Max", "And", "Or", "Xor", "Equal", "BitwiseAnd", "BitwiseOr", "BitwiseXor"]
                .contains(operatorName)
    }
}
