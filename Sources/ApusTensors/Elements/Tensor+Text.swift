// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

extension Tensor {
    /// Numbers and truth values as text that reads back as the same value.
    func castToStrings() throws(ComputeError) -> Tensor {
        switch elementType {
        case .float32: try described(Float.self) { NumberText.describe($0) }
        case .float64: try described(Double.self) { NumberText.describe($0) }
        case .float16: try described(Float16.self) { NumberText.describe($0) }
        case .bfloat16: try described(BFloat16.self) { NumberText.describe($0.float) }
        case .int8: try described(Int8.self) { String($0) }
        case .int16: try described(Int16.self) { String($0) }
        case .int32: try described(Int32.self) { String($0) }
        case .int64: try described(Int64.self) { String($0) }
        case .uint8: try described(UInt8.self) { String($0) }
        case .uint16: try described(UInt16.self) { String($0) }
        case .uint32: try described(UInt32.self) { String($0) }
        case .uint64: try described(UInt64.self) { String($0) }
        case .bool: try described(Bool.self) { $0 ? "True" : "False" }
        case .string: self
        case .complex64, .complex128: throw .elementType("\(elementType.name) does not convert to text")
        default: try unpackedNarrow().castToStrings()
        }
    }

    private func described<Element: TensorElement>(
        _ type: Element.Type, _ describe: (Element) -> String
    ) throws(ComputeError) -> Tensor {
        let source = try elements(of: Element.self)
        var texts: [String] = []
        texts.reserveCapacity(source.count)
        for index in source.indices { texts.append(describe(source[index])) }
        return try Tensor(strings: texts, shape: shape)
    }

    /// The numbers text spells, in the widest type that loses nothing on the way to the target.
    func parsedStrings(_ target: ElementType) throws(ComputeError) -> Tensor {
        switch target {
        case .float32: return try parsed { NumberText.parse($0, as: Float.self) }
        case .uint64: return try parsed { UInt64($0) ?? NumberText.parse($0).map { UInt64(casting: $0) } }
        case .complex64, .complex128: throw .elementType("text does not convert to \(target.name)")
        case .bool: return try parsed { NumberText.parseTruth($0) }
        default:
            guard target.isInteger else { return try parsed { NumberText.parse($0) } }
            return try parsed { Int64($0) ?? NumberText.parse($0).map { Int64(casting: $0) } }
        }
    }

    private func parsed<Element: TensorElement>(_ parse: (String) -> Element?) throws(ComputeError) -> Tensor {
        var numbers: [Element] = []
        numbers.reserveCapacity(strings.count)
        for text in strings {
            guard let number = parse(NumberText.trimmed(text)) else { throw .value("'\(text)' is no number") }
            numbers.append(number)
        }
        return try Tensor(numbers, shape: shape)
    }
}

/// Numbers as ONNX writes them in text.
private enum NumberText {
    static func describe(_ value: some BinaryFloatingPoint & CustomStringConvertible) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-INF" : "INF" }
        return value.description
    }

    static func trimmed(_ text: String) -> String {
        guard text.first?.isWhitespace == true || text.last?.isWhitespace == true else { return text }
        let start = text.drop(while: \.isWhitespace)
        guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...end])
    }

    static func parse<Number: BinaryFloatingPoint & LosslessStringConvertible>(
        _ text: String, as type: Number.Type = Double.self
    ) -> Number? {
        switch text.lowercased() {
        case "inf", "+inf", "infinity", "+infinity": .infinity
        case "-inf", "-infinity": -.infinity
        case "nan", "+nan", "-nan": .nan
        default: Number(text)
        }
    }

    static func parseTruth(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true": true
        case "false": false
        default: parse(text).map { $0 != 0 }
        }
    }
}
