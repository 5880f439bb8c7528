// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusOperators
import ApusTensors
import Testing

@Suite struct QuantizationTests {
    @Test("Halves round to even and what is too large stays at the end of the range")
    func rounding() throws {
        let source = try Tensor([0.5, 1.5, 2.5, -0.5, 300, -300, .infinity, .nan] as [Float], shape: [8])
        let scale = try Tensor(scalar: Float(1))
        let zero = try Tensor(scalar: UInt8(10))
        let result = try evaluated(QuantizeLinear.self, [source, scale, zero])[0]
        #expect(try result.array(of: UInt8.self) == [10, 12, 12, 10, 255, 0, 255, 0])
    }

    @Test(
        "Sixteen, four and two bits go there and back",
        arguments: [ElementType.int16, .uint16, .int4, .uint4, .int2, .float4E2M1, .float6E2M3, .float6E3M2])
    func roundTrip(elementType: ElementType) throws {
        let source = try Tensor([0, 1, 1, 0] as [Float], shape: [4])
        let scale = try Tensor(scalar: Float(1))
        let attributes: [String: Attribute] = ["output_dtype": .integer(Int64(elementType.rawValue))]
        let quantized = try evaluated(QuantizeLinear.self, opset: 25, attributes, [source, scale])[0]
        #expect(quantized.elementType == elementType)
        let back = try evaluated(DequantizeLinear.self, opset: 25, [quantized, scale])[0]
        #expect(try back.array(of: Float.self) == [0, 1, 1, 0])
    }

    @Test("A last block may be shorter than the others")
    func unevenBlocks() throws {
        let source = try Tensor([2, 4, 6, 8, 10] as [Float], shape: [1, 5])
        let scales = try Tensor([1, 2, 5] as [Float], shape: [1, 3])
        let attributes: [String: Attribute] = ["block_size": .integer(2), "axis": .integer(1)]
        let result = try evaluated(QuantizeLinear.self, opset: 21, attributes, [source, scales])[0]
        #expect(try result.array(of: UInt8.self) == [2, 4, 3, 4, 2])
        let back = try evaluated(DequantizeLinear.self, opset: 21, attributes, [result, scales])[0]
        #expect(try back.array(of: Float.self) == [2, 4, 6, 8, 10])
    }

    @Test("Scales, zero points and types that do not fit are refused")
    func refusals() throws {
        let source = try ramp([2, 3])
        let scale = try Tensor(scalar: Float(1))
        let three = try ramp([3])
        let four = try ramp([4])
        #expect(refusal(QuantizeLinear.self, [source, four]) == .shape)
        #expect(refusal(QuantizeLinear.self, ["axis": .integer(5)], [source, three]) == .shape)
        #expect(refusal(QuantizeLinear.self, [source, three, try Tensor(scalar: UInt8(0))]) == .shape)
        #expect(refusal(QuantizeLinear.self, [source, scale, try Tensor(scalar: Int64(0))]) == .elementType)
        #expect(
            refusal(QuantizeLinear.self, ["output_dtype": .integer(3)], [source, scale, try Tensor(scalar: UInt8(0))])
                == .attribute)
        #expect(refusal(QuantizeLinear.self, ["block_size": .integer(-1)], [source, scale]) == .attribute)
        #expect(refusal(DequantizeLinear.self, [source, scale]) == .elementType)
    }

    @Test("Numbers that are all 0 keep a scale of 1")
    func dynamicZeros() throws {
        let results = try evaluated(
            DynamicQuantizeLinear.self, [try Tensor([0, 0] as [Float], shape: [2])], outputs: 3)
        #expect(try results[0].array(of: UInt8.self) == [0, 0])
        #expect(try results[1].array(of: Float.self) == [1])
        let empty = try evaluated(DynamicQuantizeLinear.self, [try Tensor([] as [Float], shape: [0])], outputs: 3)
        #expect(try empty[2].array(of: UInt8.self) == [0])
    }

    @Test("Each row and column may have its own zero point")
    func zeroPoints() throws {
        let left = try Tensor([11, 12, 23, 24] as [UInt8], shape: [2, 2])
        let right = try Tensor([1, 2, 3, 5] as [Int8], shape: [2, 2])
        let leftZeros = try Tensor([10, 20] as [UInt8], shape: [2])
        let rightZeros = try Tensor([0, 1] as [Int8], shape: [2])
        let result = try evaluated(MatMulInteger.self, [left, right, leftZeros, rightZeros])[0]
        #expect(try result.array(of: Int32.self) == [7, 9, 15, 19])
        #expect(refusal(MatMulInteger.self, [left, try Tensor([1] as [Int8], shape: [1, 1])]) == .shape)
        #expect(refusal(MatMulInteger.self, [left, right, try Tensor([1, 2, 3] as [UInt8], shape: [3])]) == .shape)
        #expect(refusal(MatMulInteger.self, [try ramp([2, 2]), right]) == .elementType)
    }

    @Test("A quantized convolution is the convolution of the real numbers, in groups and with many rows")
    func convolution() throws {
        let pixels: [UInt8] = (0..<3480).map { UInt8($0 * 37 % 251) }
        let taps: [Int8] = (0..<108).map { Int8($0 * 11 % 41 - 20) }
        let image = try Tensor(pixels, shape: [1, 4, 30, 29])
        let filters = try Tensor(taps, shape: [6, 2, 3, 3])
        let attributes: [String: Attribute] = [
            "group": .integer(2), "pads": .integers([1, 2, 0, 1]), "strides": .integers([2, 1]),
            "dilations": .integers([1, 2]),
        ]
        let zero = try Tensor(scalar: UInt8(7))
        let sums = try evaluated(ConvInteger.self, attributes, [image, filters, zero, try Tensor(scalar: Int8(3))])[0]
        let centredPixels: [Float] = pixels.map { Float($0) - 7 }
        let centredTaps: [Float] = taps.map { Float($0) - 3 }
        let reals = try Tensor(centredPixels, shape: image.shape)
        let weights = try Tensor(centredTaps, shape: filters.shape)
        let expected = try evaluated(Conv.self, attributes, [reals, weights])[0]
        #expect(sums.shape == expected.shape)
        let found: [Float] = try sums.array(of: Int32.self).map { Float($0) }
        #expect(try expected.array(of: Float.self) == found)
        #expect(refusal(ConvInteger.self, ["group": .integer(3)], [image, filters]) == .shape)
        #expect(refusal(ConvInteger.self, ["group": .integer(0)], [image, filters]) == .attribute)
    }
}
