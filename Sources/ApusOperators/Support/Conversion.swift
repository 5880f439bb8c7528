// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// How elements convert where the target type leaves a choice.
package struct Conversion: Sendable {
    private let saturates: Bool
    private let rounding: PowerRounding
    private let clampsNibbles: Bool

    /// Reads `saturate` and `round_mode`.
    ///
    /// - Throws: ``ComputeError`` with code `attribute`.
    package init(_ node: NodeReader) throws(ComputeError) {
        saturates = try node.flag("saturate", default: true)
        rounding = try node.choice("round_mode", default: PowerRounding.up)
        clampsNibbles = node.opset < 23
    }

    /// Writes the converted tensor into output 0.
    ///
    /// - Throws: ``ComputeError`` from the conversion.
    package func convert(
        _ source: Tensor, to target: ElementType, into outputs: inout Outputs
    ) throws(ComputeError) {
        if source.elementType == target { return outputs.set(0, source) }
        if source.elementType == .string || target == .string {
            return outputs.set(0, try source.cast(to: target, saturate: saturates, rounding: rounding))
        }
        let source = try clampsNibbles ? Conversion.clamped(source, target) : source
        var result = try outputs.makeTensor(0, target, source.shape)
        try source.cast(into: &result, saturate: saturates, rounding: rounding)
        outputs.set(0, result.finish())
    }

    /// What 4-bit integers cannot hold becomes the nearest they can, as operator sets before 23 have it.
    private static func clamped(_ source: Tensor, _ target: ElementType) throws(ComputeError) -> Tensor {
        guard target == .int4 || target == .uint4 else { return source }
        let (low, high): (Float, Float) = target == .int4 ? (-8, 7) : (0, 15)
        let numbers = try source.cast(to: .float32).array(of: Float.self)
        return try Tensor(numbers.map { $0.larger(low).smaller(high) }, shape: source.shape)
    }

    /// The type of a converted value; elements stay known between the integer types of shapes.
    package static func infer(_ input: InferredValue?, _ target: ElementType) -> InferredValue {
        let type = ValueType.tensor(target, input?.type.dimensions)
        guard target == .int64 || target == .int32, let source = input?.type.elementType,
            source == .int64 || source == .int32
        else { return InferredValue(type) }
        let fits = target == .int64 || source == .int32
        let elements = input?.knownElements?.map { element in
            fits || element.value.map { Int32(exactly: $0) != nil } != false ? element : .unknown
        }
        return InferredValue(type, elements: elements)
    }
}
