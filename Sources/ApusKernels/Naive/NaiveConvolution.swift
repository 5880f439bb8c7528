// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

@unsafe
func naiveConvolution(
    _ s: ConvolutionShape, _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
    _ epilogue: Epilogue
) {
    let (oh, ow) = (s.outputHeight, s.outputWidth)
    let (inPer, outPer) = (s.inputChannels / s.groups, s.outputChannels / s.groups)
    var index = 0
    for n in 0..<s.batch {
        for o in 0..<s.outputChannels {
            for i in 0..<oh {
                for j in 0..<ow {
                    var sum: Float = 0
                    for c in 0..<inPer {
                        let plane = (n * s.inputChannels + o / outPer * inPer + c) * s.inputHeight
                        for u in 0..<s.kernelHeight {
                            let row = i * s.strideHeight - s.padTop + u * s.dilationHeight
                            guard row >= 0, row < s.inputHeight else { continue }
                            for v in 0..<s.kernelWidth {
                                let column = j * s.strideWidth - s.padLeft + v * s.dilationWidth
                                guard column >= 0, column < s.inputWidth else { continue }
                                let tap = ((o * inPer + c) * s.kernelHeight + u) * s.kernelWidth + v
                                unsafe sum += x[(plane + row) * s.inputWidth + column] * w[tap]
                            }
                        }
                    }
                    sum *= epilogue.scale
                    if let bias = unsafe epilogue.bias { unsafe sum += bias[o] }
                    if let residual = unsafe epilogue.residual { unsafe sum += residual[index] }
                    unsafe y[index] = epilogue.activation(sum)
                    index += 1
                }
            }
        }
    }
}
