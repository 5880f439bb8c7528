// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

extension Kernels {
    /// Takes the greatest element under each window; padding never wins, an empty window gives `-infinity`.
    package func maxPool(_ shape: PoolingShape, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>) {
        unsafe pool(shape, x, y, -.infinity, { $1.isNaN || $1 > $0 ? $1 : $0 }, { value, _, _ in value })
    }

    /// Averages the elements under each window, dividing by the elements inside, or by all with padding included.
    package func averagePool(
        _ shape: PoolingShape, includingPadding: Bool, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
    ) {
        unsafe pool(shape, x, y, 0, +) { sum, inside, padded in
            let count = includingPadding ? padded : inside
            return count == 0 ? 0 : sum / Float(count)
        }
    }

    private func pool(
        _ s: PoolingShape, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ initial: Float,
        _ combine: (Float, Float) -> Float, _ finish: (Float, Int, Int) -> Float
    ) {
        for plane in 0..<s.planes {
            for i in 0..<s.outputHeight {
                for j in 0..<s.outputWidth {
                    var (value, inside, padded) = (initial, 0, 0)
                    for u in 0..<s.kernelHeight {
                        let row = i * s.strideHeight - s.padTop + u * s.dilationHeight
                        guard row < s.inputHeight + s.padBottom else { continue }
                        for v in 0..<s.kernelWidth {
                            let column = j * s.strideWidth - s.padLeft + v * s.dilationWidth
                            guard column < s.inputWidth + s.padRight else { continue }
                            padded += 1
                            guard row >= 0, row < s.inputHeight, column >= 0, column < s.inputWidth else { continue }
                            inside += 1
                            value = combine(value, unsafe x[(plane * s.inputHeight + row) * s.inputWidth + column])
                        }
                    }
                    unsafe y[(plane * s.outputHeight + i) * s.outputWidth + j] = finish(value, inside, padded)
                }
            }
        }
    }
}
