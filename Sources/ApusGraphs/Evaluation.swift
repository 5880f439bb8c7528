// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

public import ApusTensors

/// The values an operator reads, in the order of its inputs.
public struct Inputs {
    private let table: ValueTable
    /// Where in the table each input lies; -1 for an absent one.
    private let places: [Int]
    /// The places that are these inputs.
    private var range: Range<Int>

    /// Wraps values; an absent optional input is nil.
    public init(_ values: [Datum?]) {
        table = ValueTable(values)
        places = Array(values.indices)
        range = places.indices
    }

    /// Reads from places of a table; an absent input is -1.
    package init(_ table: ValueTable, at places: [Int]) {
        self.table = table
        self.places = places
        range = places.indices
    }

    /// Those of the inputs in a range, counted from zero.
    package func part(_ part: Range<Int>) -> Inputs {
        var result = self
        result.range = (range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound).clamped(to: range)
        return result
    }

    /// The values; an absent optional input is nil.
    public var values: [Datum?] {
        get { places[range].map { $0 < 0 ? nil : table[$0] } }
        set { self = Inputs(newValue) }
    }

    /// The number of inputs written, absent ones in between included.
    public var count: Int { range.count }

    /// The value, or nil where the input is absent.
    package subscript(index: Int) -> Datum? {
        guard index < range.count, places[range.lowerBound + index] >= 0 else { return nil }
        return table[places[range.lowerBound + index]]
    }

    /// Whether the input is there.
    public func isPresent(_ index: Int) -> Bool { self[index] != nil }

    /// A required value of any kind.
    ///
    /// - Throws: ``ComputeError`` with code `value` when it is absent.
    public func datum(_ index: Int) throws(ComputeError) -> Datum {
        guard let datum = self[index] else { throw .value("input \(index) is missing") }
        return datum
    }

    /// A required tensor.
    ///
    /// - Throws: ``ComputeError`` with code `value` or `elementType`.
    public func tensor(_ index: Int) throws(ComputeError) -> Tensor {
        guard case .tensor(let tensor) = try datum(index) else { throw .elementType("input \(index) is not a tensor") }
        return tensor
    }

    /// A tensor, or nil where the input is absent.
    ///
    /// - Throws: ``ComputeError`` with code `elementType` when it is something else.
    public func optionalTensor(_ index: Int) throws(ComputeError) -> Tensor? {
        isPresent(index) ? try tensor(index) : nil
    }

    /// A required sequence.
    ///
    /// - Throws: ``ComputeError`` with code `value` or `elementType`.
    public func sequence(_ index: Int) throws(ComputeError) -> [Datum] {
        guard case .sequence(let items) = try datum(index) else {
            throw .elementType("input \(index) is not a sequence")
        }
        return items
    }
}

/// Where an operator puts what it makes.
public struct Outputs {
    /// What the evaluation runs with.
    public let context: EvaluationContext
    private let table: ValueTable
    /// Where in the table each output goes; -1 for an unwanted one.
    private let places: [Int]

    /// Makes places for a node's outputs; an unwanted one is false.
    public init(wanted: [Bool], context: EvaluationContext) {
        self.context = context
        table = ValueTable(count: wanted.count)
        places = wanted.indices.map { wanted[$0] ? $0 : -1 }
    }

    /// Writes to places of a table; an unwanted output is -1.
    package init(_ table: ValueTable, at places: [Int], context: EvaluationContext) {
        self.context = context
        self.table = table
        self.places = places
    }

    /// What was handed out so far: one place per output the node names.
    public var values: [Datum?] { places.map { $0 < 0 ? nil : table[$0] } }

    /// What was handed out as one output so far.
    package subscript(index: Int) -> Datum? { isWanted(index) ? table[places[index]] : nil }

    /// The number of outputs the node writes, unwanted ones in between included.
    public var count: Int { places.count }

    /// Whether anything reads the output.
    public func isWanted(_ index: Int) -> Bool { index < places.count && places[index] >= 0 }

    /// Memory for an output; its contents are undefined.
    ///
    /// Hand it to ``set(_:_:)-(Int,Tensor)`` when it is written.
    ///
    /// - Throws: ``ComputeError`` with code `shape` or `limit`.
    public func makeTensor(
        _ index: Int, _ elementType: ElementType, _ shape: Shape
    ) throws(ComputeError) -> MutableTensor {
        try context.makeTensor(elementType, shape)
    }

    /// Hands out a tensor; one that nothing wants is dropped.
    public mutating func set(_ index: Int, _ tensor: Tensor) { set(index, datum: .tensor(tensor)) }

    /// Hands out a value of any kind; one that nothing wants is dropped.
    public mutating func set(_ index: Int, datum: Datum) {
        guard isWanted(index) else { return }
        table[places[index]] = datum
    }

    /// Allocates an output and fills it through a span.
    ///
    /// - Throws: What the body throws, or ``ComputeError`` with code `shape` or `limit`.
    public mutating func write<Element: TensorElement>(
        _ index: Int, of type: Element.Type, _ shape: Shape,
        _ body: (inout MutableSpan<Element>) throws(ComputeError) -> Void
    ) throws(ComputeError) {
        var tensor = try makeTensor(index, Element.elementType, shape)
        var elements = try tensor.elements(of: Element.self)
        try body(&elements)
        set(index, tensor.finish())
    }
}
