// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

/// What a plan's steps write and until when it is read, for planning memory once sizes are known.
///
/// It only has to be right for most values: a place that is still held when its time comes is not handed out.
struct Lifetimes: Sendable {
    /// One value.
    private struct Entry: Sendable {
        var first: Int
        var last: Int
        var byteWidth: Int
        /// The sizes, as positions among the distinct ones.
        var sizes: [Int]
    }

    private let entries: [Entry]
    /// The sizes that occur, each once: entries of a graph share few.
    private let distinct: [Dimension]
    /// The declared sizes of the inputs, where they are tensors.
    private let inputs: [[Dimension]?]
    /// Whether sizes depend on those of the inputs.
    let isDynamic: Bool

    /// Operators whose output is an input under another shape, which takes no memory.
    private static let views: Set<String> = ["Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"]
    /// Operators that may hand an input on as an output of the same type, or in a sequence.
    private static let passages: Set<String> = [
        "Cast", "Concat", "Dropout", "Expand", "Optional", "OptionalGetElement", "SequenceAt", "SequenceConstruct",
        "SequenceInsert", "Slice", "Split", "SplitToSequence", "Sum", "Tile", "Transpose",
    ]

    /// Finds the values of which type and lifetime are known; outputs of the graph outlive it and have none.
    init(_ graph: Graph, _ steps: [CPUPlan.Step], outputSlots: [Int], slotCount: Int) {
        var types = [ValueType](repeating: .unknown, count: slotCount)
        for (step, node) in zip(steps, graph.nodes) {
            for (slot, name) in zip(step.outputSlots, node.outputs) where slot >= 0 {
                types[slot] = graph.types[name] ?? .unknown
            }
        }
        let last = Self.lastReads(steps, outputSlots: outputSlots, types)
        var entries: [Entry] = []
        var positions: [Dimension: Int] = [:]
        for (index, step) in steps.enumerated() where !Self.views.contains(step.place.operatorName) {
            for slot in step.outputSlots where slot >= 0 && last[slot] != .max {
                guard case .tensor(let elementType, let dimensions?) = types[slot], elementType != .string,
                    !dimensions.contains(where: \.isUnknown)
                else { continue }
                let sizes = dimensions.map { dimension in
                    let position = positions[dimension, default: positions.count]
                    positions[dimension] = position
                    return position
                }
                entries.append(
                    Entry(first: index, last: max(index, last[slot]), byteWidth: elementType.byteWidth, sizes: sizes))
            }
        }
        if entries.count > MemoryPlan.mostPlaces { (entries, positions) = ([], [:]) }
        self.entries = entries
        distinct = positions.sorted { $0.value < $1.value }.map(\.key)
        inputs = graph.inputs.map(\.type.dimensions)
        isDynamic = distinct.contains { $0.value == nil }
    }

    /// The last step that reads each slot, itself or through another; `.max` where it is an output of the graph.
    private static func lastReads(_ steps: [CPUPlan.Step], outputSlots: [Int], _ types: [ValueType]) -> [Int] {
        var last = [Int](repeating: -1, count: types.count)
        for slot in outputSlots { last[slot] = .max }
        for (index, step) in steps.enumerated() {
            for slot in step.inputSlots + step.capturedSlots where slot >= 0 { last[slot] = max(last[slot], index) }
        }
        for step in steps.reversed() {
            let passesAll = !step.bodies.isEmpty || views.contains(step.place.operatorName)
            guard passesAll || passages.contains(step.place.operatorName) else { continue }
            for input in step.inputSlots + step.capturedSlots where input >= 0 {
                for output in step.outputSlots
                where output >= 0 && (passesAll || mayBeSame(types[input], types[output])) {
                    last[input] = max(last[input], last[output])
                }
            }
        }
        return last
    }

    /// Whether a value of one type can be handed on as one of the other: sizes of 1 apart they agree.
    private static func mayBeSame(_ left: ValueType, _ right: ValueType) -> Bool {
        guard case .tensor(let leftElements, let leftSizes?) = left,
            case .tensor(let rightElements, let rightSizes?) = right
        else { return true }
        return leftElements == rightElements && leftSizes.filter { $0 != 1 } == rightSizes.filter { $0 != 1 }
    }

    /// The named sizes that inputs of the given shapes give, each rounded up by at most an eighth, so that runs on
    /// texts of about the same length share a plan.
    func bucket(for shapes: [Shape?]) -> [String: Int] {
        var named: [String: Int] = [:]
        for (dimensions, shape) in zip(inputs, shapes) {
            guard let dimensions, let shape, dimensions.count == shape.rank else { continue }
            for (dimension, size) in zip(dimensions, shape) {
                if let name = dimension.symbols.first, dimension == Dimension(symbol: name) {
                    named[name] = MemoryPlan.rounded(size)
                }
            }
        }
        return named
    }

    /// The plan for named sizes; values whose sizes these do not tell have no place in it.
    func plan(for named: [String: Int]) -> MemoryPlan {
        let sizes = distinct.map { $0.value ?? $0.substituting(named).value }
        return MemoryPlan(
            entries.compactMap { entry in
                var byteCount = entry.byteWidth
                for position in entry.sizes {
                    guard let size = sizes[position], size >= 0 else { return nil }
                    let (product, overflow) = byteCount.multipliedReportingOverflow(by: size)
                    guard !overflow, product <= MemoryPlan.largestPlace else { return nil }
                    byteCount = product
                }
                return MemoryPlan.Place(first: entry.first, last: entry.last, byteCount: byteCount)
            })
    }
}
