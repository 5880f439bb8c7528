// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusTensors

/// How a quantised product is stored: the attributes `output_type`, `y_zero_point`, `lowest` and `highest`.
struct QuantizedOutput {
    var elementType: ElementType
    var zeroPoint: Int32
    var lowest: Int32
    var highest: Int32

    var isSigned: Bool { elementType == .int8 }

    init(_ node: NodeReader) throws(ComputeError) {
        elementType = try node.elementType("output_type", default: .uint8)
        guard elementType == .uint8 || elementType == .int8 else {
            throw .attribute("attribute 'output_type' is \(elementType.name), expected u8 or i8")
        }
        zeroPoint = Int32(clamping: try node.integer("y_zero_point", default: 0))
        lowest = Int32(clamping: try node.integer("lowest", default: elementType == .int8 ? -128 : 0))
        highest = Int32(clamping: try node.integer("highest", default: elementType == .int8 ? 127 : 255))
    }

    /// The epilogue with these limits; the scales must outlive it.
    @unsafe
    func epilogue(axis: Epilogue.BiasAxis, scales: Tensor) -> ByteEpilogue {
        var epilogue = ByteEpilogue()
        epilogue.axis = axis
        // SAFETY: floats checks the element type; that the scales live long enough is the caller's.
        unsafe epilogue.scales = UnsafePointer(scales.floats)
        epilogue.isScalePerChannel = scales.elementCount > 1
        epilogue.zeroPoint = zeroPoint
        epilogue.lowest = lowest
        epilogue.highest = highest
        return epilogue
    }
}
