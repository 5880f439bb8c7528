// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

/// Where the parts of packed quantised weights lie: panels of every group, sums, zero points, and whether any is not 0.
struct PackedByteFilter {
    /// The rows of one group.
    let m: Int
    /// The depth in groups of four, each tap's channels padded to whole ones.
    let groupCount: Int
    private let panelRows: Int
    private let paddedRows: Int
    private let shape: ConvolutionShape

    init(_ shape: ConvolutionShape, _ table: UnsafePointer<apus_kernel_table>) {
        self.shape = shape
        m = shape.outputChannels / shape.groups
        groupCount = shape.kernelHeight * shape.kernelWidth * ((shape.inputChannels / shape.groups + 3) / 4)
        // SAFETY: the table is a constant of the kernel library; the packed bytes have the count this layout gives.
        panelRows = unsafe ByteProduct.panelRows(m, table)
        paddedRows = (m + panelRows - 1) / panelRows * panelRows
    }

    var byteCount: Int { shape.groups * paddedRows * (groupCount * 4 + 8) + 4 }

    private var sumsOffset: Int { shape.groups * paddedRows * groupCount * 4 }
    private var zerosOffset: Int { sumsOffset + shape.groups * paddedRows * 4 }

    @unsafe
    func panels(_ base: UnsafeRawPointer, _ group: Int) -> UnsafePointer<UInt8> {
        unsafe (base + group * paddedRows * groupCount * 4).assumingMemoryBound(to: UInt8.self)
    }

    @unsafe
    func sums(_ base: UnsafeRawPointer, _ group: Int) -> UnsafePointer<Int32> {
        unsafe (base + sumsOffset + group * paddedRows * 4).assumingMemoryBound(to: Int32.self)
    }

    @unsafe
    func zeros(_ base: UnsafeRawPointer, _ group: Int) -> UnsafePointer<Int32> {
        unsafe (base + zerosOffset + group * paddedRows * 4).assumingMemoryBound(to: Int32.self)
    }

    @unsafe
    func hasZeros(_ base: UnsafeRawPointer) -> Bool {
        unsafe base.load(fromByteOffset: zerosOffset + shape.groups * paddedRows * 4, as: Int32.self) != 0
    }

    @unsafe
    func fill(
        _ packed: UnsafeMutableRawPointer, _ weights: UnsafePointer<UInt8>, isSigned: Bool,
        zeroPoints: UnsafePointer<Int32>?, _ table: UnsafePointer<apus_kernel_table>
    ) {
        let (channels, taps) = (shape.inputChannels / shape.groups, shape.kernelHeight * shape.kernelWidth)
        let tapSize = (channels + 3) / 4 * 4 * panelRows
        let target = unsafe packed.assumingMemoryBound(to: UInt8.self)
        var hasZeros = false
        var tapSums = [Int32](repeating: 0, count: panelRows)
        for group in 0..<shape.groups {
            let sums = unsafe UnsafeMutablePointer(mutating: self.sums(packed, group))
            let zeros = unsafe UnsafeMutablePointer(mutating: self.zeros(packed, group))
            for row in 0..<paddedRows {
                let given = row < m ? unsafe zeroPoints.map { unsafe $0[group * m + row] } ?? 0 : 0
                let zero = row < m && !isSigned ? given &- 128 : given
                unsafe zeros[row] = zero
                unsafe sums[row] = 0
                hasZeros = hasZeros || zero != 0
            }
            for row in stride(from: 0, to: m, by: panelRows) {
                for tap in 0..<taps {
                    let out = unsafe target + (group * paddedRows + row) * groupCount * 4 + tap * tapSize
                    unsafe tapSums.withUnsafeMutableBufferPointer { buffer in
                        var pack = unsafe apus_byte_pack_task(
                            rows: Swift.min(panelRows, m - row), k: channels, padded_rows: panelRows,
                            x: weights + (group * m + row) * shape.depth + tap, row_stride: shape.depth, step: taps,
                            out: out, sums: buffer.baseAddress, flip: isSigned ? 0 : 0x80, is_signed: 1)
                        unsafe table.pointee.u8_pack?(&pack)
                    }
                    for index in 0..<panelRows { unsafe sums[row + index] &+= tapSums[index] }
                }
            }
        }
        let flag = zerosOffset + shape.groups * paddedRows * 4
        unsafe packed.storeBytes(of: hasZeros ? 1 : 0, toByteOffset: flag, as: Int32.self)
    }
}
