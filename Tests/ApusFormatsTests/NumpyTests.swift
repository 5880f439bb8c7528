// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusFormats
import ApusTensors
import Testing

@Suite struct NumpyTests {
    @Test("Files in Fortran order, big-endian, of strings and of complex numbers are read")
    func readsNumPy() throws {
        let fortran = try NumpyArray.decode(Samples.fortran)
        #expect(fortran.shape == [2, 3])
        #expect(try fortran.array(of: Int16.self) == [0, 1, 2, 3, 4, 5])
        #expect(try NumpyArray.decode(Samples.bigEndian).array(of: Int32.self) == [1, 2, -3])
        #expect(try NumpyArray.decode(Samples.strings).strings == ["ab", "ü", "", "日本"])
        #expect(try NumpyArray.decode(Samples.complexBigEndian).array(of: Complex64.self) == [Complex64(1, 2)])
    }

    @Test("A compressed archive is read, names with colons and rank 0 included")
    func readsArchive() throws {
        let arrays = try NumpyArchive.decode(Samples.deflatedArchive)
        #expect(arrays.map(\.name) == ["a", "x:0"])
        #expect(try arrays[0].tensor.array(of: Float.self) == [0, 1, 2, 3, 4, 5])
        #expect(arrays[1].tensor.shape == .scalar)
        #expect(try arrays[1].tensor.array(of: Int64.self) == [7])
    }

    @Test("Every element type survives writing and reading", arguments: ElementType.allCases)
    func roundTrip(_ elementType: ElementType) throws {
        let tensor: Tensor
        if elementType == .string {
            tensor = try Tensor(strings: ["a", "", "日本語"], shape: [3, 1])
        } else {
            let bytes = (0..<3 * elementType.byteWidth).map { UInt8($0 % 2) }
            tensor = try RawArray.decode(bytes, elementType, shape: [3, 1])
        }
        let archive = try NumpyArchive.encode([NamedArray("value", tensor), NamedArray("again", tensor)])
        let read = try NumpyArchive.decode(archive, wanted: ["value": elementType, "again": elementType])
        #expect(read.map(\.name) == ["value", "again"])
        for array in read {
            #expect(array.tensor.elementType == elementType)
            #expect(array.tensor.shape == [3, 1])
            #expect(array.tensor.strings == tensor.strings)
            #expect(NumpyArray.encode(array.tensor) == NumpyArray.encode(tensor))
        }
    }

    @Test("Empty tensors and rank 0 survive")
    func edges() throws {
        for shape in [Shape([0]), Shape([2, 0, 3]), .scalar] {
            let tensor = try Tensor([Float](repeating: 2, count: shape.elementCount), shape: shape)
            let read = try NumpyArray.decode(NumpyArray.encode(tensor))
            #expect(read.shape == shape)
            #expect(try read.array(of: Float.self) == tensor.array(of: Float.self))
        }
    }

    @Test("A file cut off anywhere is refused")
    func truncation() {
        for count in Samples.strings.indices {
            #expect(throws: FormatError.self) { try NumpyArray.decode(Array(Samples.strings[..<count])) }
        }
        for count in Samples.deflatedArchive.indices {
            #expect(throws: FormatError.self) { try NumpyArchive.decode(Array(Samples.deflatedArchive[..<count])) }
        }
    }

    @Test("Changed bytes end in an array or a typed error")
    func mutation() {
        var generator = SeededGenerator(seed: 11)
        for sample in [Samples.fortran, Samples.strings, Samples.deflatedArchive] {
            for _ in 0..<3000 {
                var bytes = sample
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    let index = Int.random(in: bytes.indices, using: &generator)
                    bytes[index] = UInt8.random(in: 0...255, using: &generator)
                }
                do {
                    _ =
                        sample == Samples.deflatedArchive
                        ? try NumpyArchive.decode(bytes, limit: 1 << 20)
                        : [NamedArray("", try NumpyArray.decode(bytes))]
                } catch {
                    #expect(!error.message.isEmpty)
                }
            }
        }
    }

    @Test("Shapes that overflow or claim more than is there are refused")
    func absurdShapes() {
        for shape in [[Int.max, 2], [1 << 40], [5, 5]] {
            let bytes = NumpyHeader(descriptor: "<f4", isFortran: false, shape: shape).encoded + [0, 0, 0, 0]
            #expect(throws: FormatError.self) { try NumpyArray.decode(bytes) }
        }
    }
}

/// A generator that gives the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
