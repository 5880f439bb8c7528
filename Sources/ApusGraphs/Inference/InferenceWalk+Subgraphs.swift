// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

extension InferenceWalk {
    /// What a node with subgraphs makes, and the facts of its subgraphs in the order of ``Node/subgraphs``.
    mutating func subgraphFacts(
        _ node: Node, _ inputs: [InferredValue?], _ around: [String: InferredValue], _ depth: Int
    ) -> ([InferredValue], [GraphFacts]) {
        let known = symbols(in: around)
        switch (node.domain, node.operatorName) {
        case ("", "If"): return branchFacts(node, inputs, around, known, depth)
        case ("", "Loop"): return loopFacts(node, inputs, around, known, depth)
        case ("", "Scan"): return scanFacts(node, inputs, around, known, depth)
        case ("", "SequenceMap"): return sequenceMapFacts(node, inputs, around, known, depth)
        default:
            var inner: [GraphFacts] = []
            for (_, graph) in node.subgraphs {
                inner.append(facts(of: graph, given: [:], outer: around, depth: depth + 1))
            }
            return ([], inner)
        }
    }

    private func outputs(_ graph: Graph, _ facts: GraphFacts, _ around: [String: InferredValue], _ known: Set<String>)
        -> [ValueType]
    {
        graph.outputs.map { output in
            let value = facts.values[output.name] ?? around[output.name]
            return leaving(value?.type ?? output.type, known: known)
        }
    }

    private mutating func branchFacts(
        _ node: Node, _ inputs: [InferredValue?], _ around: [String: InferredValue], _ known: Set<String>, _ depth: Int
    ) -> ([InferredValue], [GraphFacts]) {
        var inner: [GraphFacts] = []
        var types: [String: [ValueType]] = [:]
        for (name, graph) in node.subgraphs {
            let found = facts(of: graph, given: [:], outer: around, depth: depth + 1)
            inner.append(found)
            types[name] = outputs(graph, found, around, known)
        }
        let then = types["then_branch"] ?? []
        let otherwise = types["else_branch"] ?? []
        if let condition = inputs.first??.constant, let taken = try? condition.scalarInteger() {
            return ((taken != 0 ? then : otherwise).map { InferredValue($0) }, inner)
        }
        return (zip(then, otherwise).map { InferredValue(join($0, $1)) }, inner)
    }

    private mutating func loopFacts(
        _ node: Node, _ inputs: [InferredValue?], _ around: [String: InferredValue], _ known: Set<String>, _ depth: Int
    ) -> ([InferredValue], [GraphFacts]) {
        guard let body = node.subgraphs.first?.graph, body.inputs.count == max(inputs.count, 2),
            body.outputs.count >= body.inputs.count - 1
        else { return ([], []) }
        let carriedCount = body.inputs.count - 2
        var carried = inputs.dropFirst(2).map { $0?.type ?? .unknown }
        var found = GraphFacts()
        var results: [ValueType] = []
        let isDeep = depth >= 3
        if isDeep { carried = carried.map(\.withoutSizes) }
        for round in 0..<(isDeep ? 1 : 4) {
            var given: [String: InferredValue] = [
                body.inputs[0].name: .tensor(.int64, []), body.inputs[1].name: .tensor(.bool, []),
            ]
            for index in 0..<carriedCount where carried[index] != .unknown {
                given[body.inputs[index + 2].name] = InferredValue(carried[index])
            }
            found = facts(of: body, given: given, outer: around, depth: depth + 1)
            results = outputs(body, found, around, known)
            let joined = (0..<carriedCount).map { index in
                round < 2 ? join(carried[index], results[index + 1]) : carried[index].withoutSizes
            }
            let isStable = round < 2 ? joined == carried : round == 3
            carried = joined
            if isStable { break }
        }
        var values = zip(carried, results.dropFirst()).map { InferredValue(after($0, $1)) }
        for type in results.dropFirst(carriedCount + 1) {
            values.append(InferredValue(type.stacked(.unknown, axis: 0)))
        }
        return (values, [found])
    }

    /// What a carried value is after a loop; where only the first round may find it absent, it is none that may be.
    private func after(_ carried: ValueType, _ result: ValueType) -> ValueType {
        switch (carried, result) {
        case (_, .optional), (_, .unknown): carried
        case (.optional(let element), _): join(element, result)
        default: carried
        }
    }

    private mutating func scanFacts(
        _ node: Node, _ inputs: [InferredValue?], _ around: [String: InferredValue], _ known: Set<String>, _ depth: Int
    ) -> ([InferredValue], [GraphFacts]) {
        guard let body = node.subgraphs.first?.graph, node.opset >= 9,
            case .integer(let scanned)? = node.attributes["num_scan_inputs"], let scanCount = Int(exactly: scanned),
            scanCount >= 1, scanCount <= inputs.count, body.inputs.count == inputs.count,
            body.outputs.count >= inputs.count - scanCount
        else { return ([], []) }
        let stateCount = inputs.count - scanCount
        func axis(_ attribute: String, _ index: Int) -> Int {
            guard case .integers(let axes)? = node.attributes[attribute], index < axes.count else { return 0 }
            return Int(axes[index])
        }
        var length = Dimension.unknown
        var given: [String: InferredValue] = [:]
        for index in 0..<inputs.count {
            guard let type = inputs[index]?.type else { continue }
            if index < stateCount {
                given[body.inputs[index].name] = InferredValue(type)
            } else if case .tensor(let elementType, var sizes?) = type, !sizes.isEmpty {
                var at = axis("scan_input_axes", index - stateCount)
                if at < 0 { at += sizes.count }
                guard sizes.indices.contains(at) else { return ([], []) }
                length = length.isUnknown ? sizes[at] : length
                sizes.remove(at: at)
                given[body.inputs[index].name] = .tensor(elementType, sizes)
            }
        }
        let found = facts(of: body, given: given, outer: around, depth: depth + 1)
        let results = outputs(body, found, around, known)
        var values: [InferredValue] = []
        for (index, type) in results.enumerated() {
            if index < stateCount {
                let initial = inputs[index]?.type ?? .unknown
                values.append(InferredValue(join(initial, type)))
            } else {
                values.append(InferredValue(type.stacked(length, axis: axis("scan_output_axes", index - stateCount))))
            }
        }
        return (values, [found])
    }

    private mutating func sequenceMapFacts(
        _ node: Node, _ inputs: [InferredValue?], _ around: [String: InferredValue], _ known: Set<String>, _ depth: Int
    ) -> ([InferredValue], [GraphFacts]) {
        guard let body = node.subgraphs.first?.graph else { return ([], []) }
        var given: [String: InferredValue] = [:]
        for (input, value) in zip(body.inputs, inputs) {
            switch value?.type {
            case .sequence(let element)?: given[input.name] = InferredValue(element)
            case let type?: given[input.name] = InferredValue(type)
            case nil: continue
            }
        }
        let found = facts(of: body, given: given, outer: around, depth: depth + 1)
        return (outputs(body, found, around, known).map { InferredValue(.sequence($0)) }, [found])
    }
}

extension ValueType {
    /// The type with every size forgotten.
    fileprivate var withoutSizes: ValueType {
        switch self {
        case .tensor(let elementType, _): .tensor(elementType, nil)
        case .sequence(let element): .sequence(element.withoutSizes)
        case .optional(let element): .optional(element.withoutSizes)
        case .map(let key, let value): .map(key, value.withoutSizes)
        case .unknown: .unknown
        }
    }

    /// The type of several values of this type put together along a new axis.
    fileprivate func stacked(_ length: Dimension, axis: Int) -> ValueType {
        guard case .tensor(let elementType, let sizes) = self else { return .unknown }
        guard var sizes else { return .tensor(elementType, nil) }
        let axis = axis < 0 ? axis + sizes.count + 1 : axis
        guard axis >= 0, axis <= sizes.count else { return .tensor(elementType, nil) }
        sizes.insert(length, at: axis)
        return .tensor(elementType, sizes)
    }
}
