// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The inputs of a training operator: a rate, a count, and groups of tensors, one group per kind.
package struct OptimizerStep {
    /// The learning rate.
    package let rate: Double
    /// The number of updates so far.
    package let updateCount: Int
    /// The number of tensors being trained.
    package let tensorCount: Int
    private let inputs: Inputs

    /// Reads inputs that hold, per tensor, `kinds` tensors after the rate and the count.
    package init(_ inputs: Inputs, kinds: Int) throws(ComputeError) {
        self.inputs = inputs
        guard inputs.count > 2, (inputs.count - 2) % kinds == 0 else {
            throw .value("\(inputs.count) inputs are not a rate, a count and \(kinds) tensors for each variable")
        }
        tensorCount = (inputs.count - 2) / kinds
        guard let rate = try inputs.tensor(0).numbers(as: Double.self).first else { throw .shape("the rate is empty") }
        self.rate = rate
        updateCount = try inputs.tensor(1).scalarInteger()
    }

    /// Updates every variable: `update` gets one element of each kind and changes them in place.
    ///
    /// The kinds named in `results` become outputs, in that order.
    package func run(
        kinds: Int, results: [Int], _ outputs: inout Outputs, _ update: (inout [Double]) -> Void
    ) throws(ComputeError) {
        for variable in 0..<tensorCount {
            var tensors: [Tensor] = []
            var columns: [[Double]] = []
            for kind in 0..<kinds {
                let tensor = try inputs.tensor(2 + kind * tensorCount + variable)
                guard tensor.shape == tensors.first?.shape ?? tensor.shape,
                    tensor.elementType == tensors.first?.elementType ?? tensor.elementType
                else { throw .shape("the tensors of variable \(variable) differ: \(tensor) and \(tensors[0])") }
                tensors.append(tensor)
                columns.append(try tensor.numbers(as: Double.self))
            }
            var element = [Double](repeating: 0, count: kinds)
            for index in columns[0].indices {
                for kind in 0..<kinds { element[kind] = columns[kind][index] }
                update(&element)
                for kind in results { columns[kind][index] = element[kind] }
            }
            for (position, kind) in results.enumerated() {
                let output = position * tensorCount + variable
                if tensors[0].elementType == .float64 {
                    outputs.set(output, try Tensor(columns[kind], shape: tensors[0].shape))
                } else {
                    outputs.set(output, try Tensor(columns[kind].map { Float($0) }, shape: tensors[0].shape))
                }
            }
        }
    }

    /// The types of the outputs, which are those of the inputs they renew.
    package static func infer(_ inputs: [InferredValue?], kinds: Int, results: [Int]) -> [InferredValue] {
        guard inputs.count > 2, (inputs.count - 2) % kinds == 0 else { return [] }
        let count = (inputs.count - 2) / kinds
        return results.flatMap { kind in
            (0..<count).map { InferredValue(inputs[2 + kind * count + $0]?.type ?? .unknown) }
        }
    }
}
