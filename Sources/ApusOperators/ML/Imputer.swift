// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Replaces one value, such as NaN, by a substitute for each feature.
package struct Imputer: Operator {
    package static let schema = Schema("Imputer", domain: OperatorDomain.machineLearning, inputs: 1...1)

    private let floats: [Float]
    private let integers: [Int]
    private let replacedFloat: Float
    private let replacedInteger: Int

    package init(_ node: NodeReader) throws(ComputeError) {
        floats = try node.floats("imputed_value_floats")
        integers = try node.integers("imputed_value_int64s")
        replacedFloat = try node.float("replaced_value_float", default: 0)
        replacedInteger = try node.integer("replaced_value_int64", default: 0)
        guard floats.isEmpty != integers.isEmpty else {
            throw .attribute("one of 'imputed_value_floats' and 'imputed_value_int64s' must be given")
        }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(inputs[0]?.type ?? .unknown)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let missing = replacedFloat
        switch source.elementType {
        case .float32:
            try replace(source, floats, &outputs) { $0 == missing || ($0.isNaN && missing.isNaN) }
        case .float64:
            let wide = Double(missing)
            try replace(source, floats.map { Double($0) }, &outputs) { $0 == wide || ($0.isNaN && wide.isNaN) }
        case .int64:
            let wide = Int64(replacedInteger)
            try replace(source, integers.map { Int64($0) }, &outputs) { $0 == wide }
        case .int32:
            let wide = Int32(exactly: replacedInteger)
            var substitutes: [Int32] = []
            for number in integers {
                guard let narrow = Int32(exactly: number) else { throw .attribute("\(number) does not fit i32") }
                substitutes.append(narrow)
            }
            try replace(source, substitutes, &outputs) { $0 == wide }
        default: throw .elementType("expected f32, f64, i32 or i64, the input is \(source)")
        }
    }

    private func replace<Element: TensorElement>(
        _ source: Tensor, _ substitutes: [Element], _ outputs: inout Outputs, _ isMissing: (Element) -> Bool
    ) throws(ComputeError) {
        let columns = source.shape.dimensions.last ?? 1
        guard substitutes.count == 1 || substitutes.count == columns else {
            throw .attribute("\(substitutes.count) substitutes for \(columns) features")
        }
        let values = try source.elements(of: Element.self)
        try outputs.write(0, of: Element.self, source.shape) { (target) throws(ComputeError) in
            for index in target.indices {
                let value = values[index]
                target[index] = isMissing(value) ? substitutes[index % substitutes.count] : value
            }
        }
    }
}
