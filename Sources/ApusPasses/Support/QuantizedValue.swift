// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

/// An 8-bit value with the constants that say what it stands for.
struct QuantizedValue {
    /// The name of the integers.
    let name: String
    /// The name of the scale.
    let scaleName: String
    /// The name of the zero point, if there is one.
    let zeroPointName: String?
    /// The element type of the integers.
    let elementType: ElementType
    /// The scales: one, or one for each index along the axis.
    let scales: [Double]
    /// The zero points: none, one, or one for each index along the axis.
    let zeroPoints: [Int]
    /// The axis along which scales differ.
    let axis: Int

    /// Whether one scale holds for the whole value.
    var isPerTensor: Bool { scales.count == 1 }

    /// What a `DequantizeLinear` reads.
    ///
    /// - Throws: ``Refusal`` where it is not 8-bit integers with constant scales.
    init(dequantizedBy node: Node, _ index: GraphIndex) throws(Refusal) {
        let type = index.elementType(of: node.inputs[0])
        try self.init(node.inputs[0], node, type, index)
    }

    /// What a `QuantizeLinear` makes.
    ///
    /// - Throws: ``Refusal`` where it is not 8-bit integers with constant scales.
    init(quantizedBy node: Node, _ index: GraphIndex) throws(Refusal) {
        try self.init(node.outputs[0], node, index.elementType(of: node.outputs[0]), index)
    }

    private init(_ name: String, _ node: Node, _ type: ElementType?, _ index: GraphIndex) throws(Refusal) {
        guard let type, type == .int8 || type == .uint8 else { throw Refusal("a value is not quantized to 8 bits") }
        guard node.domain.isEmpty, node.integer("block_size", default: 0) == 0 else {
            throw Refusal("a value is quantized in blocks")
        }
        guard let tensor = index.constant(node.inputs[1]), tensor.elementType == .float32, tensor.shape.rank <= 1,
            let scales = tensor.numbers, !scales.isEmpty, scales.allSatisfy({ $0 > 0 && $0.isFinite })
        else { throw Refusal("a scale is not a constant f32 above 0") }
        self.name = name
        self.scales = scales
        elementType = type
        scaleName = node.inputs[1]
        axis = node.integer("axis", default: 1)
        if node.hasInput(2) {
            guard let zero = index.constant(node.inputs[2]), let points = try? zero.integers() else {
                throw Refusal("a zero point is not constant")
            }
            zeroPointName = node.inputs[2]
            zeroPoints = points
        } else {
            zeroPointName = nil
            zeroPoints = []
        }
    }

    /// The name of a zero point of the right type.
    func zeroPoint(_ edit: inout Edit) throws(Refusal) -> String {
        if let zeroPointName { return zeroPointName }
        let isSigned = elementType == .int8
        return try edit.constant(name + "_zero") { () throws(ComputeError) in
            try isSigned ? Tensor(scalar: Int8(0)) : Tensor(scalar: UInt8(0))
        }
    }

    /// Whether the same integers stand for the same numbers in both.
    func standsForTheSame(as other: QuantizedValue) -> Bool {
        elementType == other.elementType && scales == other.scales && isPerTensor && other.isPerTensor
            && (zeroPoints.first ?? 0) == (other.zeroPoints.first ?? 0)
    }

    /// The numbers the smallest and the largest integer stand for.
    var range: (least: Double, most: Double) {
        let zero = Double(zeroPoints.first ?? 0)
        let least: Double = elementType == .int8 ? -128 : 0
        return ((least - zero) * scales[0], (least + 255 - zero) * scales[0])
    }
}

extension Edit {
    /// A constant bias as integers in units of the product of two scales.
    ///
    /// - Throws: ``Refusal`` where it is not constant or does not fit 32 bits.
    mutating func integerBias(
        _ name: String, input: Double, weights: [Double], count: Int, _ index: GraphIndex
    ) throws(Refusal) -> String {
        var numbers = index.numbers(name)
        if numbers == nil, let node = index.producer(of: name), node.operatorName == "DequantizeLinear",
            let integers = try? index.constant(node.inputs[0])?.integers(), let scales = index.numbers(node.inputs[1]),
            !scales.isEmpty, scales.count == 1 || scales.count == integers.count
        {
            numbers = integers.indices.map { Double(integers[$0]) * scales[scales.count == 1 ? 0 : $0] }
        }
        guard let numbers, numbers.count == count else { throw Refusal("the bias is not one constant per channel") }
        var integers: [Int32] = []
        for (place, number) in numbers.enumerated() {
            let unit = input * weights[weights.count == 1 ? 0 : place]
            guard let integer = Int32(exactly: (number / unit).rounded(.toNearestOrEven)) else {
                throw Refusal("the bias does not fit 32 bits")
            }
            integers.append(integer)
        }
        let made = integers
        return try constant(name + "_integer") { () throws(ComputeError) in try Tensor(made, shape: [made.count]) }
    }
}
