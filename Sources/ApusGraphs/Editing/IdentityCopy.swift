// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// Hands its input on: the operation of an `Identity` that a patch adds to keep the name of an output.
struct IdentityCopy: Operator {
    static let schema = Schema("Identity", inputs: 1...1)

    init() {}
    init(_ node: NodeReader) throws(ComputeError) {}

    func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] { [inputs[0] ?? .unknown] }

    func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        outputs.set(0, datum: try inputs.datum(0))
    }
}
