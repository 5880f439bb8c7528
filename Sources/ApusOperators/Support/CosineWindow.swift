// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A window that is a sum of cosines of its place.
package protocol CosineWindowOperator: Operator {
    /// The factors of the cosines of 0, 1 and 2 turns.
    static var factors: [Double] { get }
    /// What all windows read from their node.
    var window: CosineWindow { get }
}

/// The attributes of a window.
package struct CosineWindow: Sendable {
    fileprivate let type: ElementType
    fileprivate let isPeriodic: Bool

    /// Reads `output_datatype` and `periodic`.
    package init(_ node: NodeReader) throws(ComputeError) {
        type = try node.elementType("output_datatype", default: .float32)
        guard type.isFloat || type.isInteger else { throw .attribute("a window of \(type.name)") }
        isPeriodic = try node.flag("periodic", default: true)
    }
}

extension CosineWindowOperator {
    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [.tensor(window.type, [inputs.expressions(0)?.first ?? .unknown])]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let size = try inputs.tensor(0).scalarInteger()
        guard size >= 0, size <= ConvolutionGeometry.largestSize else { throw .value("a window of \(size)") }
        try outputs.write(0, of: Double.self, [size], as: window.type) { (target) throws(ComputeError) in
            let turn = 2 * Double.pi / Double(max(1, window.isPeriodic ? size : size - 1))
            for index in 0..<size {
                var sum = 0.0
                for (order, factor) in Self.factors.enumerated() {
                    sum += factor * Double.cos(turn * Double(order) * Double(index))
                }
                target[index] = sum
            }
        }
    }
}
