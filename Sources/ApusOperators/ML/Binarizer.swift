// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Maps numbers above a threshold to 1 and all others to 0.
package struct Binarizer: Operator {
    package static let schema = Schema("Binarizer", domain: OperatorDomain.machineLearning, inputs: 1...1)

    private let threshold: Float

    package init(_ node: NodeReader) throws(ComputeError) { threshold = try node.float("threshold", default: 0) }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(inputs[0]?.type ?? .unknown)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let bound = Double(threshold)
        switch source.elementType {
        case .float32: try mark(source, Float.self, &outputs) { Double($0) > bound }
        case .float64: try mark(source, Double.self, &outputs) { $0 > bound }
        case .int32: try mark(source, Int32.self, &outputs) { Double($0) > bound }
        case .int64: try mark(source, Int64.self, &outputs) { Double($0) > bound }
        default: throw .elementType("expected f32, f64, i32 or i64, the input is \(source)")
        }
    }

    private func mark<Element: TensorElement & Numeric>(
        _ source: Tensor, _ type: Element.Type, _ outputs: inout Outputs, _ isAbove: (Element) -> Bool
    ) throws(ComputeError) {
        let values = try source.elements(of: Element.self)
        try outputs.write(0, of: Element.self, source.shape) { (target) throws(ComputeError) in
            for index in target.indices { target[index] = isAbove(values[index]) ? 1 : 0 }
        }
    }
}
