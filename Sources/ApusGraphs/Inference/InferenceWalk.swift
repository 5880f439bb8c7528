// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusKernels
package import ApusTensors

/// Walks a graph in order and asks every operation what it makes of what is known.
struct InferenceWalk {
    let options: InferenceOptions
    /// The bytes that evaluated constants may still take, all together.
    private var remainingBytes: Int

    init(options: InferenceOptions, constantBytes: Int) {
        self.options = options
        let (most, overflow) = constantBytes.multipliedReportingOverflow(by: 4)
        let (total, isPast) = most.addingReportingOverflow(max(256 << 20, options.evaluatedByteLimit))
        remainingBytes = overflow || isPast ? Int.max : total
    }

    /// The facts of one graph, given what is known of its inputs and of the values of enclosing graphs.
    mutating func facts(
        of graph: Graph, given: [String: InferredValue], outer: [String: InferredValue], depth: Int
    ) -> GraphFacts {
        var facts = GraphFacts()
        guard depth <= 64 else { return facts }
        for input in graph.inputs {
            let declared = InferredValue(substituted(input.type))
            let known = given[input.name] ?? (depth == 0 ? options.inputs[input.name] : nil)
            let merged = known.map { merge($0, declared: declared.type) } ?? declared
            facts.values[input.name] = completed(merged, name: input.name)
        }
        for (name, tensor) in graph.constants { facts.values[name] = InferredValue(constant: tensor) }
        let declaredOutputs = Dictionary(
            graph.outputs.map { ($0.name, $0.type) }, uniquingKeysWith: { first, _ in first })
        for (position, node) in graph.nodes.enumerated() {
            let inputs = node.inputs.map { name in
                name.isEmpty ? nil : facts.values[name] ?? outer[name] ?? .unknown
            }
            var found: [InferredValue] = []
            do {
                found = try node.operation?.infer(inputs) ?? []
            } catch {
                facts.problems.append((position, error))
            }
            if !node.subgraphs.isEmpty {
                let around = outer.merging(facts.values) { $1 }
                let (outputs, inner) = subgraphFacts(node, inputs, around, depth)
                facts.subgraphs[position] = inner
                found = combine(found, outputs)
            }
            if let constants = evaluated(node, inputs, found) {
                found = constants
            }
            for (index, name) in node.outputs.enumerated() where !name.isEmpty {
                let value = index < found.count ? found[index] : .unknown
                let noted = substituted(graph.types[name] ?? .unknown)
                var merged = merge(value, declared: noted)
                if let declared = declaredOutputs[name] {
                    merged = merge(merged, declaredOutput: substituted(declared))
                }
                facts.values[name] = completed(merged, name: name)
            }
        }
        return facts
    }

    private func combine(_ first: [InferredValue], _ second: [InferredValue]) -> [InferredValue] {
        (0..<max(first.count, second.count)).map { index in
            guard index < second.count, second[index].type != .unknown else {
                return index < first.count ? first[index] : .unknown
            }
            guard index < first.count else { return second[index] }
            return merge(second[index], declared: first[index].type)
        }
    }

    /// The outputs of a node whose inputs are all constant, where they are worth having.
    private mutating func evaluated(_ node: Node, _ inputs: [InferredValue?], _ found: [InferredValue])
        -> [InferredValue]?
    {
        guard let operation = node.operation, node.subgraphs.isEmpty, node.isDeterministic,
            !options.unevaluated.contains(node.qualifiedName),
            inputs.allSatisfy({ $0 == nil || $0?.constant != nil })
        else { return nil }
        let tensors = inputs.map { $0?.constant }
        var limit = options.evaluatedByteLimit
        if options.evaluatesWithinInputSize || inputs.isEmpty {
            let own = node.attributes.values.reduce(0) { $0 + $1.approximateByteCount }
            limit = max(limit, tensors.reduce(own) { $0 + ($1?.byteCount ?? 0) })
        }
        for (index, value) in found.enumerated() where index < node.outputs.count {
            guard let shape = value.type.shape, let type = value.type.elementType else { continue }
            guard let count = try? shape.checkedElementCount() else { return nil }
            let (bytes, overflow) = count.multipliedReportingOverflow(by: max(type.byteWidth, 1))
            guard !overflow, bytes <= limit else { return nil }
        }
        let room = MemoryBudget(limitBytes: limit.multipliedReportingOverflow(by: 8).0, within: options.budget)
        let context = EvaluationContext(budget: room)
        guard let results = try? operation.evaluateConstants(tensors, outputCount: node.outputs.count, context) else {
            return nil
        }
        var values: [InferredValue] = []
        for (index, result) in results.enumerated() {
            guard let result else {
                values.append(index < found.count ? found[index] : .unknown)
                continue
            }
            guard result.byteCount <= limit, inputs.isEmpty || result.byteCount <= remainingBytes else { return nil }
            if !inputs.isEmpty { remainingBytes -= result.byteCount }
            values.append(InferredValue(constant: result))
        }
        return values
    }

    /// Names every size that is still unknown after the value and turns known elements into a constant.
    func completed(_ value: InferredValue, name: String) -> InferredValue {
        var value = value
        if let constant = value.constant { return InferredValue(constant: constant) }
        guard case .tensor(let elementType, let dimensions?) = value.type else { return value }
        let named = dimensions.enumerated().map { axis, size in
            size.isUnknown || (size.value ?? 0) < 0 ? Dimension(symbol: "\(name).\(axis)") : size
        }
        value.type = .tensor(elementType, named)
        if let elements = value.elements, dimensions.count <= 1 {
            let numbers = elements.compactMap(\.value)
            if numbers.count == elements.count, dimensions.count == 1 || numbers.count == 1,
                let tensor = Tensor(integers: numbers, elementType, shape: dimensions.isEmpty ? [] : [numbers.count])
            {
                return InferredValue(constant: tensor)
            }
        }
        return value
    }

    func substituted(_ type: ValueType) -> ValueType {
        guard !options.symbols.isEmpty else { return type }
        switch type {
        case .tensor(let elementType, let dimensions):
            return .tensor(elementType, dimensions?.map { $0.substituting(options.symbols) })
        case .sequence(let element): return .sequence(substituted(element))
        case .optional(let element): return .optional(substituted(element))
        case .map(let key, let value): return .map(key, substituted(value))
        case .unknown: return type
        }
    }
}

extension InferredValue {
    /// What is known of a constant.
    package init(constant: Tensor) {
        self.init(.tensor(constant.elementType, constant.shape.map { Dimension($0) }), constant: constant)
        guard constant.elementType.isInteger, constant.shape.rank <= 1, constant.elementCount <= 256 else { return }
        elements = (try? constant.integers())?.map { Dimension($0) }
    }
}

extension Tensor {
    /// An integer tensor of the given type, or nil where a number does not fit or the type is another.
    package init?(integers: [Int], _ elementType: ElementType, shape: Shape) {
        let made: Tensor?
        switch elementType {
        case .int64: made = try? Tensor(integers.map { Int64($0) }, shape: shape)
        case .int32:
            let narrow = integers.compactMap { Int32(exactly: $0) }
            made = narrow.count == integers.count ? try? Tensor(narrow, shape: shape) : nil
        default: made = nil
        }
        guard let made else { return nil }
        self = made
    }
}

extension Attribute {
    /// The bytes that tensors and numbers in the attribute take.
    fileprivate var approximateByteCount: Int {
        switch self {
        case .tensor(let tensor): tensor.byteCount
        case .tensors(let tensors): tensors.reduce(0) { $0 + $1.byteCount }
        case .integers(let values): values.count * 8
        case .floats(let values): values.count * 8
        default: 8
        }
    }
}
