// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusTensors

/// What operators over channels-last images of bytes share.
enum ChannelsLast {
    /// Checks that a padded copy of one image has a reasonable size.
    ///
    /// - Throws: ``ComputeError`` with code `limit`.
    static func checkPlane(_ shape: PoolingShape, channels: Int) throws(ComputeError) {
        let height = shape.inputHeight + shape.padTop + shape.padBottom + shape.strideHeight
        let width = shape.inputWidth + shape.padLeft + shape.padRight + shape.strideWidth
        let (area, isTooLarge) = height.multipliedReportingOverflow(by: width)
        let (size, isLarger) = area.multipliedReportingOverflow(by: channels)
        guard !isTooLarge, !isLarger, size <= 1 << 30 else {
            throw .limit("images of \(height) times \(width) places and \(channels) channels are too large")
        }
    }
}

extension ByteSum {
    /// Reads the attributes `sum_factors` (left, right, fixed), `sum_lowest` and `sum_highest`.
    init(_ node: NodeReader) throws(ComputeError) {
        let factors = try node.floats("sum_factors")
        guard factors.count == 3 else { throw .attribute("attribute 'sum_factors' has \(factors.count) values") }
        self.init(
            left: factors[0], right: factors[1], fixed: factors[2],
            lowest: Int32(clamping: try node.integer("sum_lowest", default: 0)),
            highest: Int32(clamping: try node.integer("sum_highest", default: 255)))
    }

    /// The attributes that read back as this.
    var attributes: [String: Attribute] {
        [
            "sum_factors": .floats([left, right, fixed]), "sum_lowest": .integer(Int(lowest)),
            "sum_highest": .integer(Int(highest)),
        ]
    }
}

extension Tensor {
    /// The elements of a tensor of bytes for kernels; the tensor must outlive the use.
    @unsafe
    var bytes: UnsafePointer<UInt8> {
        precondition(elementType.byteWidth == 1, "kernels read bytes")
        // SAFETY: every byte is a UInt8.
        return unsafe UnsafePointer(baseAddress.assumingMemoryBound(to: UInt8.self))
    }
}

extension MutableTensor {
    /// The elements of a tensor of bytes for kernels to write.
    @unsafe
    var bytes: UnsafeMutablePointer<UInt8> {
        precondition(elementType.byteWidth == 1, "kernels write bytes")
        // SAFETY: every byte is a UInt8.
        return unsafe baseAddress.assumingMemoryBound(to: UInt8.self)
    }
}
