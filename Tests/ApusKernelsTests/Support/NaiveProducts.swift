// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusKernels

/// A matrix product in double precision.
func naiveProduct(
    m: Int, n: Int, k: Int, _ a: (Int, Int) -> Float, _ b: (Int, Int) -> Float, _ finish: (Double, Int, Int) -> Float
) -> [Float] {
    var result: [Float] = []
    for i in 0..<m {
        for j in 0..<n {
            var sum = 0.0
            for p in 0..<k { sum += Double(a(i, p)) * Double(b(p, j)) }
            result.append(finish(sum, i, j))
        }
    }
    return result
}

/// A convolution as its definition says, over any numbers; `finish` takes the sum, the index and the channel.
func naiveConvolution<Sum>(
    _ s: ConvolutionShape, zero: Sum, _ accumulate: (inout Sum, _ x: Int, _ w: Int) -> Void,
    _ finish: (Sum, _ index: Int, _ channel: Int) -> Void
) {
    let (inPer, outPer) = (s.inputChannels / s.groups, s.outputChannels / s.groups)
    var index = 0
    for n in 0..<s.batch {
        for o in 0..<s.outputChannels {
            for i in 0..<s.outputHeight {
                for j in 0..<s.outputWidth {
                    var sum = zero
                    for c in 0..<inPer {
                        let plane = (n * s.inputChannels + o / outPer * inPer + c) * s.inputHeight
                        for u in 0..<s.kernelHeight {
                            let row = i * s.strideHeight - s.padTop + u * s.dilationHeight
                            guard row >= 0, row < s.inputHeight else { continue }
                            for v in 0..<s.kernelWidth {
                                let column = j * s.strideWidth - s.padLeft + v * s.dilationWidth
                                guard column >= 0, column < s.inputWidth else { continue }
                                let tap = ((o * inPer + c) * s.kernelHeight + u) * s.kernelWidth + v
                                accumulate(&sum, (plane + row) * s.inputWidth + column, tap)
                            }
                        }
                    }
                    finish(sum, index, o)
                    index += 1
                }
            }
        }
    }
}
