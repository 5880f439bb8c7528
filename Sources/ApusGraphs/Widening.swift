// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusKernels
package import ApusTensors

extension Operator {
    /// Evaluates, computing in `f32` what the inputs hold in a half type where the operator asks for it.
    ///
    /// - Throws: ``ComputeError`` from the evaluation, or with code `limit` where its kernels found no memory.
    package func run(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        _ = ScratchShortage.take()
        try runWidened(inputs, into: &outputs)
        if let byteCount = ScratchShortage.take() { throw .limit("the system has no \(byteCount) bytes to work in") }
    }

    private func runWidened(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        guard Self.widensHalf, let half = inputs.halfType else { return try evaluate(inputs, into: &outputs) }
        let context = outputs.context
        var wide = Outputs(wanted: (0..<outputs.count).map { outputs.isWanted($0) }, context: context)
        try evaluate(try inputs.widened(context), into: &wide)
        for index in 0..<wide.count {
            guard let datum = wide[index] else { continue }
            guard case .tensor(let tensor) = datum, tensor.elementType == .float32 else {
                outputs.set(index, datum: datum)
                continue
            }
            var narrow = try outputs.makeTensor(index, half, tensor.shape)
            try tensor.narrow(into: &narrow)
            outputs.set(index, narrow.finish())
        }
    }
}

extension Inputs {
    fileprivate var halfType: ElementType? {
        for index in 0..<count {
            guard case .tensor(let tensor) = self[index] else { continue }
            if tensor.elementType == .float16 || tensor.elementType == .bfloat16 { return tensor.elementType }
        }
        return nil
    }

    fileprivate func widened(_ context: EvaluationContext) throws(ComputeError) -> Inputs {
        var wide = values
        for (index, value) in wide.enumerated() {
            guard case .tensor(let tensor) = value else { continue }
            guard tensor.elementType == .float16 || tensor.elementType == .bfloat16 else { continue }
            var copy = try context.makeTensor(.float32, tensor.shape)
            var elements = try copy.elements(of: Float.self)
            try tensor.widen(into: &elements)
            wide[index] = .tensor(copy.finish())
        }
        return Inputs(wide)
    }
}
