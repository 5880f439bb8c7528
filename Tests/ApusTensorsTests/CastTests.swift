// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors
import Testing

@Suite struct CastTests {
    private func patterns(_ tensor: Tensor) throws -> [UInt8] {
        let span = try tensor.patterns(of: UInt8.self)
        return span.indices.map { span[$0] }
    }

    private func allCodes(_ type: ElementType, _ count: Int) throws -> Tensor {
        var codes = try MutableTensor(type, [count])
        var patterns = try codes.patterns(of: UInt8.self)
        for code in patterns.indices { patterns[code] = UInt8(code) }
        return codes.finish()
    }

    @Test("every half pattern widens as the hardware does and narrows back")
    func halfRoundTrip() {
        for bits in UInt16.min...UInt16.max {
            let half = Float16(bitPattern: bits)
            let wide = HalfConversion.widen(bits)
            if half.isNaN {
                #expect(wide.isNaN && Float16(bitPattern: HalfConversion.narrow(wide)).isNaN)
            } else {
                #expect(wide == Float(half) && HalfConversion.narrow(wide) == bits)
            }
        }
    }

    @Test("narrowing to half rounds as the hardware does")
    func halfRounding() {
        var state: UInt32 = 12345
        for _ in 0..<200_000 {
            state = state &* 1_664_525 &+ 1_013_904_223
            let value = Float(bitPattern: state)
            if !value.isNaN { #expect(HalfConversion.narrow(value) == Float16(value).bitPattern, "\(value)") }
        }
        for value in [Float(65504), 65519.99, 65520, 5.96e-8, 2.98e-8, 2.99e-8, 6.1e-5, -0.0] {
            #expect(HalfConversion.narrow(value) == Float16(value).bitPattern, "\(value)")
        }
    }

    @Test(
        "every narrow float survives the way through f32",
        arguments: [
            ElementType.float8E4M3FN, .float8E4M3FNUZ, .float8E5M2, .float8E5M2FNUZ, .float4E2M1, .float8E8M0,
            .float6E2M3,
            .float6E3M2,
        ])
    func narrowRoundTrip(type: ElementType) throws {
        let count = 1 << type.storedBitWidth
        let source = try allCodes(type, count)
        let wide = try source.cast(to: .float32)
        let values = try wide.array(of: Float.self)
        let back = try patterns(wide.cast(to: type, saturate: false))
        for code in 0..<count where !values[code].isNaN { #expect(Int(back[code]) == code, "\(values[code])") }
    }

    @Test("numbers too large for an 8-bit float saturate, or become NaN or infinity")
    func saturation() throws {
        let source = try Tensor([Float(1e6), -1e6, .infinity, .nan, 464, 465], shape: [6])
        func codes(_ type: ElementType, _ saturate: Bool) throws -> [UInt8] {
            try patterns(source.cast(to: type, saturate: saturate))
        }
        #expect(try codes(.float8E4M3FN, true) == [0x7E, 0xFE, 0x7E, 0x7F, 0x7E, 0x7E])
        #expect(try codes(.float8E4M3FN, false) == [0x7F, 0xFF, 0x7F, 0x7F, 0x7E, 0x7F])
        #expect(try codes(.float8E5M2, false) == [0x7C, 0xFC, 0x7C, 0x7E, 0x5F, 0x5F])
        #expect(try codes(.float8E4M3FNUZ, false) == [0x80, 0x80, 0x80, 0x80, 0x80, 0x80])
        #expect(try codes(.float8E5M2FNUZ, true) == [0x7F, 0xFF, 0x7F, 0x80, 0x63, 0x63])
    }

    @Test("6-bit floats have no infinity and no NaN")
    func sixBits() throws {
        let source = try Tensor([Float.nan, .infinity, -.infinity, 1e6, 7.75, 29.9, -0.0, 0.1875, 0.03125], shape: [9])
        func codes(_ type: ElementType) throws -> [UInt8] { try patterns(source.cast(to: type, saturate: false)) }
        #expect(try codes(.float6E2M3) == [32, 31, 63, 31, 31, 31, 32, 2, 0])
        #expect(try codes(.float6E3M2) == [32, 31, 63, 31, 24, 31, 32, 3, 0])
        let values = try allCodes(.float6E3M2, 32).cast(to: .float32).array(of: Float.self)
        #expect(values[1] == 0.0625 && values[4] == 0.25 && values[31] == 28)
        #expect(try allCodes(.float6E2M3, 32).cast(to: .float32).array(of: Float.self).last == 7.5)
    }

    @Test("powers of two round up, down or to the nearest")
    func powers() throws {
        let source = try Tensor([Float(0), 1, 1.25, 1.5, 3, .infinity, 3.4e38], shape: [7])
        func codes(_ rounding: PowerRounding, _ saturate: Bool) throws -> [UInt8] {
            try patterns(source.cast(to: .float8E8M0, saturate: saturate, rounding: rounding))
        }
        #expect(try codes(.up, true) == [0, 127, 128, 128, 129, 254, 254])
        #expect(try codes(.down, true) == [0, 127, 127, 127, 128, 254, 254])
        #expect(try codes(.nearest, false) == [255, 127, 127, 128, 129, 255, 255])
    }

    @Test("what an integer cannot hold never traps")
    func outOfRange() throws {
        let source = try Tensor([Float.nan, .infinity, -.infinity, 1e30, -1, 300], shape: [6])
        #expect(try source.cast(to: .int32).array(of: Int32.self) == [.min, .min, .min, .min, -1, 300])
        #expect(try source.cast(to: .uint8).array(of: UInt8.self) == [0, 0, 0, 0, 255, 44])
        #expect(try source.cast(to: .int64).array(of: Int64.self).suffix(2) == [-1, 300])
        #expect(try source.cast(to: .uint64).array(of: UInt64.self).last == 300)
        let nibbles = try source.cast(to: .int4).cast(to: .int8).array(of: Int8.self)
        #expect(nibbles.suffix(2) == [-1, -4])
    }

    @Test("text converts both ways")
    func text() throws {
        let source = try Tensor(strings: ["0.5", " 1e3 ", "NaN", "+INF", "-inf"], shape: [5])
        let numbers = try source.cast(to: .float32)
        let values = try numbers.array(of: Float.self)
        #expect(values[0] == 0.5 && values[1] == 1000 && values[2].isNaN && values[3] == .infinity)
        #expect(try numbers.cast(to: .string).strings == ["0.5", "1000.0", "NaN", "INF", "-INF"])
        #expect(try Tensor(strings: ["-7"], shape: [1]).cast(to: .int8).array(of: Int8.self) == [-7])
        #expect(throws: ComputeError.self) { try Tensor(strings: ["Hello"], shape: [1]).cast(to: .float32) }
    }
}
