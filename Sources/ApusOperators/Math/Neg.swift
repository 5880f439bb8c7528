// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
package import ApusTensors

/// Every element with its sign changed.
package struct Neg: NumberFunction {
    package static let schema = Schema("Neg", since: 1, inputs: 1...1)

    package init(_ node: NodeReader) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let input = inputs.first, let input else { return [.unknown] }
        return [InferredValue(input.type, elements: input.knownElements?.map { 0 - $0 })]
    }

    package func apply<Element: Number>(_ x: Element) -> Element { x.negated }

    package var kernel: UnaryKernel? { UnaryKernel(.negative) }
}
