// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusKernels
import Testing

@Suite struct ByteConvolutionTests {
    @Test("Quantised convolutions are exact for every pair of signs and any zero points", arguments: kernelSets)
    func exact(kernels: Kernels) {
        var random = SeededGenerator(81)
        for (index, shape) in ConvolutionTests.shapes.enumerated() {
            let (isSigned, isFilterSigned, hasZeros) = (index % 2 == 0, index % 3 != 0, index % 4 < 2)
            let zero: Int32 = isSigned ? -7 : 130
            let x = Buffer<UInt8>(
                random: shape.batch * shape.inputChannels * shape.inputHeight * shape.inputWidth, &random)
            let w = Buffer<UInt8>(random: shape.outputChannels * shape.depth, &random)
            let zeros = Buffer<Int32>(
                (0..<shape.outputChannels).map { _ in Int32.random(in: -90...90, using: &random) }, filler: 9)
            let packed = Buffer<UInt8>(kernels.packedByteConvolutionByteCount(shape), filler: 0xa5)
            let memory = unsafe UnsafeMutableRawPointer(packed.pointer)
            unsafe kernels.packByteConvolution(
                shape, weights: w.constant, isSigned: isFilterSigned, zeroPoints: hasZeros ? zeros.constant : nil,
                into: memory)
            #expect(packed.isIntact)
            var sums: [Int32] = []
            var channelOf: [Int] = []
            let perChannel = shape.depth
            naiveConvolution(shape, zero: Int32(0)) {
                let filterZero = hasZeros ? zeros[$2 / perChannel] : 0
                $0 +=
                    (number(x[$1], isSigned: isSigned) - zero) * (number(w[$2], isSigned: isFilterSigned) - filterZero)
            } _: { sum, _, channel in
                sums.append(sum)
                channelOf.append(channel)
            }
            let channels = ByteChannels(
                shape.outputChannels, axis: .row, activation: index % 2 == 0 ? .none : .silu, &random)
            func run(_ destination: ByteEpilogue.Destination, _ epilogue: ByteEpilogue) {
                unsafe kernels.byteConvolution(
                    shape, x.constant, isSigned: isSigned, zeroPoint: zero, packed: memory, into: destination,
                    epilogue: epilogue)
            }
            let integers = Buffer<Int32>(sums.count, filler: 77)
            unsafe run(.integers(integers.pointer), ByteEpilogue())
            #expect(integers.array == sums, "\(shape)")
            #expect(integers.isIntact)
            let floats = Buffer(results: sums.count)
            unsafe run(.floats(floats.pointer), channels.epilogue)
            let expected = zip(sums, channelOf).map { channels.float($0, $1) }
            #expect(departure(floats.array, expected, relative: 2e-6, absolute: 1e-5) == nil, "\(shape)")
            let bytes = Buffer<UInt8>(sums.count, filler: 0xa5)
            unsafe run(.bytes(bytes.pointer, isSigned: isSigned), channels.epilogue)
            #expect(channels.accepts(bytes.array, sums, isSigned: isSigned) { channelOf[$0] }, "\(shape)")
            #expect(bytes.isIntact && floats.isIntact)
        }
    }
}
