// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Lays the values of a map with integer keys out in a row, in the order of the keys.
package struct CastMap: Operator {
    package static let schema = Schema("CastMap", domain: OperatorDomain.machineLearning, inputs: 1...1)

    private enum Target: String, CaseIterable {
        case float = "TO_FLOAT"
        case string = "TO_STRING"
        case integer = "TO_INT64"
    }
    private enum Form: String, CaseIterable {
        case dense = "DENSE"
        case sparse = "SPARSE"
    }

    private let target: Target
    private let form: Form
    private let width: Int

    package init(_ node: NodeReader) throws(ComputeError) {
        target = try node.choice("cast_to", default: .float)
        form = try node.choice("map_form", default: .dense)
        width = try node.integer("max_map", default: 1)
        guard form == .dense || width > 0 else { throw .attribute("attribute 'max_map' is \(width)") }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let elementType: ElementType =
            switch target {
            case .float: .float32
            case .string: .string
            case .integer: .int64
            }
        return [.tensor(elementType, [1, form == .dense ? .unknown : Dimension(width)])]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        guard case .map(let map) = try inputs.datum(0) else { throw .elementType("CastMap needs a map") }
        let keys = try map.keys.integers()
        guard map.values.elementCount == keys.count else { throw .shape("the map has not one value per key") }
        let order = keys.indices.sorted { keys[$0] < keys[$1] }
        var places: [Int?] = order
        if form == .sparse {
            guard keys.allSatisfy({ $0 >= 0 }) else { throw .value("a key of the map is negative") }
            guard width <= 1 << 26 else { throw .limit("\(width) columns") }
            places = [Int?](repeating: nil, count: width)
            for index in order where keys[index] < width { places[keys[index]] = index }
        }
        let values = map.values
        let shape: Shape = [1, places.count]
        switch target {
        case .float: outputs.set(0, try Tensor(try floats(values, places), shape: shape))
        case .integer: outputs.set(0, try Tensor(try integers(values, places), shape: shape))
        case .string: outputs.set(0, try Tensor(strings: try strings(values, places), shape: shape))
        }
    }

    private func floats(_ values: Tensor, _ places: [Int?]) throws(ComputeError) -> [Float] {
        let numbers = values.elementType == .string ? try parsed(values.strings) : try values.array(of: Float.self)
        return places.map { place in place.map { numbers[$0] } ?? 0 }
    }

    private func parsed(_ texts: [String]) throws(ComputeError) -> [Float] {
        var result: [Float] = []
        for text in texts {
            guard let number = Float(text) else { throw .value("'\(text)' is no number") }
            result.append(number)
        }
        return result
    }

    private func integers(_ values: Tensor, _ places: [Int?]) throws(ComputeError) -> [Int64] {
        var numbers: [Int64] = []
        if values.elementType == .string {
            for text in values.strings {
                guard let number = Int64(text) else { throw .value("'\(text)' is no integer") }
                numbers.append(number)
            }
        } else {
            for value in try values.array(of: Float.self) {
                guard let number = Int64(exactly: value.rounded(.towardZero)) else {
                    throw .value("\(value) is no integer")
                }
                numbers.append(number)
            }
        }
        return places.map { place in place.map { numbers[$0] } ?? 0 }
    }

    private func strings(_ values: Tensor, _ places: [Int?]) throws(ComputeError) -> [String] {
        let texts =
            values.elementType == .string ? values.strings : try values.array(of: Float.self).map(fixedPoint)
        return places.map { place in place.map { texts[$0] } ?? "0.f" }
    }

    /// Six digits after the point, as C's `%f` writes them.
    private func fixedPoint(_ value: Float) -> String {
        guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
        let magnitude = Double(value).magnitude
        let sign = value.sign == .minus ? "-" : ""
        guard magnitude < 1e12 else { return sign + wholeDigits(magnitude) + ".000000" }
        let scaled = Int((magnitude * 1e6).rounded(.toNearestOrEven))
        let fraction = String(scaled % 1_000_000)
        let zeros = String(repeating: "0", count: 6 - fraction.count)
        return "\(sign)\(scaled / 1_000_000).\(zeros)\(fraction)"
    }

    private func wholeDigits(_ value: Double) -> String {
        var digits: [String] = []
        var rest = value.rounded(.towardZero)
        while rest >= 1 {
            let digit = rest.truncatingRemainder(dividingBy: 10)
            digits.append(String(Int(digit)))
            rest = ((rest - digit) / 10).rounded()
        }
        return digits.isEmpty ? "0" : digits.reversed().joined()
    }
}
