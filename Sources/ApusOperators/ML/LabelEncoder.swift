// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Maps each element to another by a list of keys and values, or to a default.
package struct LabelEncoder: Operator {
    package static let schema = Schema("LabelEncoder", domain: OperatorDomain.machineLearning, inputs: 1...1)

    /// A key of any type; all NaNs are one key, which only the later forms look up.
    private enum Key: Hashable {
        case text(String)
        case integer(Int64)
        case real(Double)
        case notANumber

        init(_ value: Double) { self = value.isNaN ? .notANumber : .real(value) }
    }

    private struct Table: Sendable {
        var places: [Key: Int]
        var values: Tensor
        var fallback: Tensor
    }

    /// The first form has two tables: strings to integers and integers to strings.
    private let tables: [Table]
    private let keyTypes: [ElementType]

    package init(_ node: NodeReader) throws(ComputeError) {
        let defaultText = try Tensor(strings: [try node.string("default_string", default: "_Unused")], shape: [1])
        let defaultNumber = try Tensor([Int64(try node.integer("default_int64", default: -1))], shape: [1])
        if node.opset < 2 {
            let classes = try node.strings("classes_strings")
            let texts = try Tensor(strings: classes, shape: [classes.count])
            let positions = try Tensor(classes.indices.map { Int64($0) }, shape: [classes.count])
            keyTypes = [.string, .int64]
            tables = [
                Table(places: try LabelEncoder.places(texts), values: positions, fallback: defaultNumber),
                Table(places: try LabelEncoder.places(positions), values: texts, fallback: defaultText),
            ]
            return
        }
        guard let keys = try LabelEncoder.list(node, "keys"), let values = try LabelEncoder.list(node, "values") else {
            throw .attribute("LabelEncoder has no keys or no values")
        }
        guard keys.elementCount == values.elementCount else {
            throw .attribute("\(keys.elementCount) keys for \(values.elementCount) values")
        }
        let fallback: Tensor
        if let tensor = try node.optionalTensor("default_tensor") {
            guard tensor.elementCount == 1, tensor.elementType == values.elementType else {
                throw .attribute("attribute 'default_tensor' is \(tensor), the values are \(values.elementType.name)")
            }
            fallback = tensor
        } else {
            switch values.elementType {
            case .string: fallback = defaultText
            case .int64: fallback = defaultNumber
            case .float32: fallback = try Tensor([try node.float("default_float", default: -0.0)], shape: [1])
            case .float64: fallback = try Tensor([-0.0], shape: [1])
            case .int32: fallback = try Tensor([Int32(-1)], shape: [1])
            case .int16: fallback = try Tensor([Int16(-1)], shape: [1])
            default: throw .attribute("LabelEncoder does not make \(values.elementType.name)")
            }
        }
        keyTypes = [keys.elementType]
        var places = try LabelEncoder.places(keys)
        if node.opset < 4 { places[.notANumber] = nil }
        tables = [Table(places: places, values: values, fallback: fallback)]
    }

    private static func list(_ node: NodeReader, _ prefix: String) throws(ComputeError) -> Tensor? {
        if let tensor = try node.optionalTensor(prefix + "_tensor") { return tensor }
        if let texts = try node.optionalStrings(prefix + "_strings") {
            return try Tensor(strings: texts, shape: [texts.count])
        }
        if let numbers = try node.optionalIntegers(prefix + "_int64s") {
            return try Tensor(numbers.map { Int64($0) }, shape: [numbers.count])
        }
        if let numbers = try node.optionalFloats(prefix + "_floats") {
            return try Tensor(numbers, shape: [numbers.count])
        }
        return nil
    }

    private static func keys(_ tensor: Tensor) throws(ComputeError) -> [Key] {
        switch tensor.elementType {
        case .string: tensor.strings.map { .text($0) }
        case .float32: try tensor.array(of: Float.self).map { Key(Double($0)) }
        case .float64: try tensor.array(of: Double.self).map { Key($0) }
        case .int16, .int32, .int64: try tensor.integers().map { .integer(Int64($0)) }
        default: throw .elementType("LabelEncoder does not take \(tensor.elementType.name)")
        }
    }

    /// The first of equal keys counts.
    private static func places(_ tensor: Tensor) throws(ComputeError) -> [Key: Int] {
        let keys = try keys(tensor)
        return Dictionary(zip(keys, keys.indices)) { first, _ in first }
    }

    private func table(for type: ElementType) throws(ComputeError) -> Table {
        guard let index = keyTypes.firstIndex(of: type) else {
            throw .elementType(
                "the keys are \(keyTypes.map(\.name).joined(separator: " or ")), the input is \(type.name)")
        }
        return tables[index]
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard case .tensor(let type, let dimensions) = inputs[0]?.type else { return [] }
        return [.tensor(try table(for: type).values.elementType, dimensions)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let table = try table(for: source.elementType)
        let places = try LabelEncoder.keys(source).map { table.places[$0] }
        if table.values.elementType == .string {
            let chosen = places.map { place in place.map { table.values.strings[$0] } ?? table.fallback.strings[0] }
            outputs.set(0, try Tensor(strings: chosen, shape: source.shape))
            return
        }
        switch table.values.elementType.byteWidth {
        case 2: try gather(UInt16.self, table, places, source.shape, &outputs)
        case 4: try gather(UInt32.self, table, places, source.shape, &outputs)
        default: try gather(UInt64.self, table, places, source.shape, &outputs)
        }
    }

    private func gather<Pattern: BitPattern>(
        _ type: Pattern.Type, _ table: Table, _ places: [Int?], _ shape: Shape, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let values = try table.values.patterns(of: Pattern.self)
        let fallback = try table.fallback.patterns(of: Pattern.self)[0]
        var result = try outputs.makeTensor(0, table.values.elementType, shape)
        var target = try result.patterns(of: Pattern.self)
        for (index, place) in places.enumerated() { target[index] = place.map { values[$0] } ?? fallback }
        outputs.set(0, result.finish())
    }
}
