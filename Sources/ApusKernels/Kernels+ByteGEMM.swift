// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

extension Kernels {
    /// The bytes ``packByteGEMM(k:n:_:into:)`` writes; the memory should be aligned to 64 bytes.
    package func packedByteGEMMByteCount(k: Int, n: Int) -> Int { k * n + 1 }

    /// Rearranges the right operand of a quantised product into the layout the kernels of this set read.
    package func packByteGEMM(k: Int, n: Int, _ b: ByteOperand, into packed: UnsafeMutableRawPointer) {
        for p in 0..<k {
            for j in 0..<n {
                let byte = unsafe b.base.load(fromByteOffset: p * b.rowStride + j * b.columnStride, as: UInt8.self)
                unsafe packed.storeBytes(of: byte, toByteOffset: p * n + j, as: UInt8.self)
            }
        }
        unsafe packed.storeBytes(of: b.isSigned ? 1 : 0, toByteOffset: k * n, as: UInt8.self)
    }

    /// Multiplies quantised matrices exactly: `epilogue(sum((A - aZeroPoint) * (B - bZeroPoint)))`.
    ///
    /// `bZeroPoints` holds one number, or one per column; nil means zero. `aZeroPoints` holds one, or one per row.
    package func byteGEMM(
        m: Int, n: Int, k: Int, _ a: ByteOperand, aZeroPoints: UnsafePointer<Int32>? = nil,
        isAZeroPointPerRow: Bool = false, packed b: UnsafeRawPointer, bZeroPoints: UnsafePointer<Int32>? = nil,
        isBZeroPointPerColumn: Bool = false, into c: ByteEpilogue.Destination, rowStride: Int, epilogue: ByteEpilogue
    ) {
        let isSigned = unsafe b.load(fromByteOffset: k * n, as: UInt8.self) == 1
        for i in 0..<m {
            let aZero = unsafe aZeroPoints.map { unsafe $0[isAZeroPointPerRow ? i : 0] } ?? 0
            for j in 0..<n {
                let bZero = unsafe bZeroPoints.map { unsafe $0[isBZeroPointPerColumn ? j : 0] } ?? 0
                var sum: Int32 = 0
                for p in 0..<k {
                    let left = unsafe naiveByte(a.base, i * a.rowStride + p * a.columnStride, a.isSigned)
                    let right = unsafe naiveByte(b, p * n + j, isSigned)
                    sum &+= (left - aZero) &* (right - bZero)
                }
                unsafe epilogue.naiveStore(sum, c, i * rowStride + j, epilogue.axis == .row ? i : j)
            }
        }
    }
}

@unsafe
func naiveByte(_ base: UnsafeRawPointer, _ offset: Int, _ isSigned: Bool) -> Int32 {
    let byte = unsafe base.load(fromByteOffset: offset, as: UInt8.self)
    return isSigned ? Int32(Int8(bitPattern: byte)) : Int32(byte)
}

extension ByteEpilogue {
    @unsafe
    func naiveStore(_ product: Int32, _ destination: Destination, _ index: Int, _ channel: Int) {
        let integer = unsafe product &+ (integerBias.map { unsafe $0[channel] } ?? 0)
        let scale = unsafe scales.map { unsafe $0[isScalePerChannel ? channel : 0] } ?? 1
        let float = unsafe activation(Float(integer) * scale + (bias.map { unsafe $0[channel] } ?? 0))
        switch destination {
        case .integers(let c): unsafe c[index] = integer
        case .floats(let c): unsafe c[index] = float
        case .bytes(let c, let isSigned):
            let low = Float(Swift.max(lowest, isSigned ? -128 : 0))
            let high = Float(Swift.min(highest, isSigned ? 127 : 255))
            let rounded = (float.isNaN ? 0 : float.rounded(.toNearestOrEven)) + Float(zeroPoint)
            let value = Int(Swift.min(Swift.max(rounded, low), high))
            unsafe c.storeBytes(of: UInt8(truncatingIfNeeded: value), toByteOffset: index, as: UInt8.self)
        }
    }
}
