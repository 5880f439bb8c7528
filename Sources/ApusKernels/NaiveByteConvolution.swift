// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

@unsafe
func naiveByteConvolution(
    _ s: ConvolutionShape, _ x: UnsafeRawPointer, _ isSigned: Bool, _ zero: Int32, _ w: UnsafeRawPointer,
    _ y: ByteEpilogue.Destination, _ epilogue: ByteEpilogue
) {
    let (oh, ow) = (s.outputHeight, s.outputWidth)
    let (inPer, outPer) = (s.inputChannels / s.groups, s.outputChannels / s.groups)
    let count = s.outputChannels * s.depth
    let isFilterSigned = unsafe w.load(fromByteOffset: count + 4 * s.outputChannels, as: UInt8.self) == 1
    var index = 0
    for n in 0..<s.batch {
        for o in 0..<s.outputChannels {
            let filterZero = unsafe w.loadUnaligned(fromByteOffset: count + 4 * o, as: Int32.self)
            for i in 0..<oh {
                for j in 0..<ow {
                    var sum: Int32 = 0
                    for c in 0..<inPer {
                        let plane = (n * s.inputChannels + o / outPer * inPer + c) * s.inputHeight
                        for u in 0..<s.kernelHeight {
                            let row = i * s.strideHeight - s.padTop + u * s.dilationHeight
                            guard row >= 0, row < s.inputHeight else { continue }
                            for v in 0..<s.kernelWidth {
                                let column = j * s.strideWidth - s.padLeft + v * s.dilationWidth
                                guard column >= 0, column < s.inputWidth else { continue }
                                let tap = ((o * inPer + c) * s.kernelHeight + u) * s.kernelWidth + v
                                let value = unsafe naiveByte(x, (plane + row) * s.inputWidth + column, isSigned)
                                let weight = unsafe naiveByte(w, tap, isFilterSigned)
                                sum &+= (value - zero) &* (weight - filterZero)
                            }
                        }
                    }
                    unsafe epilogue.naiveStore(sum, y, index, epilogue.axis == .row ? o : 0)
                    index += 1
                }
            }
        }
    }
}
