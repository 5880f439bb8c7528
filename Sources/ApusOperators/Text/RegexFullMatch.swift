// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Whether each string as a whole matches a regular expression.
package struct RegexFullMatch: Operator {
    package static let schema = Schema("RegexFullMatch", since: 20, inputs: 1...1)

    private let program: RegexProgram

    package init(_ node: NodeReader) throws(ComputeError) {
        guard let pattern = try node.optionalString("pattern") else {
            throw .attribute("attribute 'pattern' is missing")
        }
        program = try RegexProgram(pattern)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [.tensor(.bool, inputs.dimensions(0))]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.strings(0)
        outputs.set(0, try Tensor(source.strings.map { program.matches($0) }, shape: source.shape))
    }
}
