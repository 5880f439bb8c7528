// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusTensors

/// What a lowered product does before it stores: `activation` and `activation_parameters`, after a prefix.
struct EpilogueAttributes: Hashable {
    var activation: Activation = .none

    init(_ activation: Activation = .none) { self.activation = activation }

    init(_ node: NodeReader, prefix: String = "") throws(ComputeError) {
        let name = try node.string(prefix + "activation", default: "none")
        let parameters = try node.floats(prefix + "activation_parameters")
        func parameter(_ index: Int) throws(ComputeError) -> Float {
            guard index < parameters.count else {
                throw .attribute("activation '\(name)' takes \(index + 1) parameters, \(parameters.count) given")
            }
            return parameters[index]
        }
        activation =
            switch name {
            case "none": .none
            case "relu": .relu
            case "clip": .clip(min: try parameter(0), max: try parameter(1))
            case "leaky_relu": .leakyRelu(alpha: try parameter(0))
            case "sigmoid": .sigmoid
            case "tanh": .tanh
            case "silu": .silu
            case "hard_swish": .hardSwish
            case "hard_sigmoid": .hardSigmoid(alpha: try parameter(0), beta: try parameter(1))
            case "gelu_erf": .geluErf
            case "gelu_tanh": .geluTanh
            default: throw .attribute("activation '\(name)' is unknown")
            }
    }

    /// Bias and residual of an `f32` result, inputs 2 and 3, where they are given; the residual of images may be bf16.
    ///
    /// - Throws: ``ComputeError`` with code `shape` when one does not fit.
    func operands(
        _ inputs: Inputs, channels: Int, _ outputShape: Shape, ofImages isOfImages: Bool = false
    ) throws(ComputeError) -> (bias: Tensor?, residual: Tensor?) {
        let (bias, residual) = (try inputs.optionalTensor(2), try inputs.optionalTensor(3))
        guard bias.map({ $0.elementType == .float32 && $0.elementCount == channels }) ?? true,
            residual.map({
                ($0.elementType == .float32 || isOfImages && $0.isOfImages) && $0.shape == outputShape
            }) ?? true
        else { throw .shape("bias or residual does not fit \(outputShape)") }
        return (bias, residual)
    }

    /// The attributes that read back as this.
    var attributes: [String: Attribute] {
        let (name, parameters): (String, [Float]) =
            switch activation {
            case .none: ("none", [])
            case .relu: ("relu", [])
            case .clip(let least, let most): ("clip", [least, most])
            case .leakyRelu(let alpha): ("leaky_relu", [alpha])
            case .sigmoid: ("sigmoid", [])
            case .tanh: ("tanh", [])
            case .silu: ("silu", [])
            case .hardSwish: ("hard_swish", [])
            case .hardSigmoid(let alpha, let beta): ("hard_sigmoid", [alpha, beta])
            case .geluErf: ("gelu_erf", [])
            case .geluTanh: ("gelu_tanh", [])
            }
        guard name != "none" else { return [:] }
        var result: [String: Attribute] = ["activation": .string(name)]
        if !parameters.isEmpty { result["activation_parameters"] = .floats(parameters) }
        return result
    }
}
