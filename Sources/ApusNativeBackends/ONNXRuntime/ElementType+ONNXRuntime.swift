// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

extension ElementType {
    /// The types ONNX Runtime numbers in another way than ONNX does, by its number.
    private static let renumbered: [Int32: ElementType] = [24: .uint2, 25: .int2, 26: .float8E8M0]

    /// ONNX Runtime's number of the type.
    var onnxRuntimeNumber: Int32 {
        ElementType.renumbered.first { $0.value == self }?.key ?? Int32(rawValue)
    }

    /// The type of ONNX Runtime's number, or nil where there is none.
    init?(onnxRuntimeNumber number: Int32) {
        guard let type = ElementType.renumbered[number] ?? UInt8(exactly: number).flatMap(ElementType.init) else {
            return nil
        }
        self = type
    }
}
