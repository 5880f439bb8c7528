// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

extension Outputs {
    /// Hands out the numbers a function makes of a tensor's numbers and their positions.
    package mutating func writeMapped(
        _ index: Int, _ source: Tensor, _ function: (Float, Int) -> Float
    ) throws(ComputeError) {
        let values = try source.elements(of: Float.self)
        try write(index, of: Float.self, source.shape) { (target) throws(ComputeError) in
            for position in target.indices { target[position] = function(values[position], position) }
        }
    }
}

extension Operator {
    /// The one output of an evaluation inside another.
    package func result(_ inputs: [Datum?], _ context: EvaluationContext) throws(ComputeError) -> Tensor {
        var inner = Outputs(wanted: [true], context: context)
        try run(Inputs(inputs), into: &inner)
        guard let tensor = inner[0]?.tensor else { throw .value("\(Self.schema.name) made no tensor") }
        return tensor
    }
}
