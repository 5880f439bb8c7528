// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

extension Kernels {
    /// The bytes ``packGEMM(k:n:_:into:)`` writes; the memory should be aligned to 64 bytes.
    package func packedGEMMByteCount(k: Int, n: Int) -> Int { k * n * 4 }

    /// Rearranges the right operand of a product, usually weights, into the layout the kernels of this set read.
    package func packGEMM(k: Int, n: Int, _ b: MatrixOperand, into packed: UnsafeMutableRawPointer) {
        // SAFETY: the caller gives packedGEMMByteCount bytes and an operand of k rows and n columns.
        let target = unsafe packed.bindMemory(to: Float.self, capacity: k * n)
        for p in 0..<k {
            for j in 0..<n { unsafe target[p * n + j] = unsafe b.base[p * b.rowStride + j * b.columnStride] }
        }
    }

    /// Multiplies by a packed right operand: `C[m n] = epilogue(A[m k] * B[k n])`, rows of `C` contiguous.
    package func gemm(
        m: Int, n: Int, k: Int, _ a: MatrixOperand, packed b: UnsafeRawPointer, into c: UnsafeMutablePointer<Float>,
        rowStride: Int, epilogue: Epilogue = Epilogue()
    ) {
        // SAFETY: the caller gives memory of packGEMM's layout.
        let source = unsafe b.assumingMemoryBound(to: Float.self)
        unsafe gemm(
            m: m, n: n, k: k, a, MatrixOperand(source, rowStride: n), into: c, rowStride: rowStride, epilogue: epilogue)
    }

    /// Multiplies two matrices as they lie: `C[m n] = epilogue(A[m k] * B[k n])`, rows of `C` contiguous.
    package func gemm(
        m: Int, n: Int, k: Int, _ a: MatrixOperand, _ b: MatrixOperand, into c: UnsafeMutablePointer<Float>,
        rowStride: Int, epilogue: Epilogue = Epilogue()
    ) {
        // SAFETY: the caller vouches for the operands.
        for i in 0..<m {
            for j in 0..<n {
                var sum: Float = 0
                for p in 0..<k {
                    unsafe sum +=
                        a.base[i * a.rowStride + p * a.columnStride] * b.base[p * b.rowStride + j * b.columnStride]
                }
                sum *= epilogue.scale
                if let bias = unsafe epilogue.bias { unsafe sum += bias[epilogue.biasAxis == .row ? i : j] }
                if let residual = unsafe epilogue.residual { unsafe sum += residual[i * rowStride + j] }
                unsafe c[i * rowStride + j] = epilogue.activation(sum)
            }
        }
    }

    /// Multiplies many pairs of matrices; pair `i` begins at the `i`th offset, in elements, from each base.
    ///
    /// A residual moves with `C`; the bias is the same for all.
    package func gemm(
        m: Int, n: Int, k: Int, _ a: MatrixOperand, aOffsets: [Int], _ b: MatrixOperand, bOffsets: [Int],
        into c: UnsafeMutablePointer<Float>, cOffsets: [Int], rowStride: Int, epilogue: Epilogue = Epilogue()
    ) {
        precondition(aOffsets.count == cOffsets.count && bOffsets.count == cOffsets.count)
        for index in cOffsets.indices {
            // SAFETY: the caller vouches for the offsets.
            unsafe gemm(
                m: m, n: n, k: k, a.advanced(by: aOffsets[index]), b.advanced(by: bOffsets[index]),
                into: c + cOffsets[index], rowStride: rowStride, epilogue: epilogue.advanced(by: cOffsets[index]))
        }
    }
}
