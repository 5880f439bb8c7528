// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusONNX
import ApusTensors
import FoundationEssentials
import Testing

@Suite struct TensorImportTests {
    private let importer = ONNXImporter(catalogue: nil)

    private func tensor(_ oracle: OracleTensor) throws -> Tensor {
        try #require(try importer.importDatum(bytes: oracle.serialized()).tensor)
    }

    private func code(_ oracle: OracleTensor) throws -> ImportError.Code? {
        let bytes = try oracle.serialized()
        do {
            _ = try importer.importDatum(bytes: bytes)
            return nil
        } catch { return error.code }
    }

    @Test("reads every typed field")
    func typedFields() throws {
        #expect(try tensor(OracleTensor(type: 1, dims: [2]) { $0.floats = [1, -2] }).array(of: Float.self) == [1, -2])
        #expect(try tensor(OracleTensor(type: 11, dims: [1]) { $0.doubles = [0.1] }).array(of: Double.self) == [0.1])
        #expect(
            try tensor(OracleTensor(type: 7, dims: [3]) { $0.int64s = [.min, 0, .max] }).array(of: Int64.self)
                == [.min, 0, .max])
        #expect(try tensor(OracleTensor(type: 13, dims: [1]) { $0.unsigned = [.max] }).array(of: UInt64.self) == [.max])
        #expect(try tensor(OracleTensor(type: 12, dims: [1]) { $0.unsigned = [7] }).array(of: UInt32.self) == [7])
        #expect(try tensor(OracleTensor(type: 6, dims: [1]) { $0.int32s = [-7] }).array(of: Int32.self) == [-7])
        #expect(try tensor(OracleTensor(type: 3, dims: [1]) { $0.int32s = [-7] }).array(of: Int8.self) == [-7])
        #expect(try tensor(OracleTensor(type: 10, dims: [1]) { $0.int32s = [0x3C00] }).array(of: Float16.self) == [1])
        #expect(
            try tensor(OracleTensor(type: 9, dims: [2]) { $0.int32s = [0, 5] }).array(of: Bool.self) == [false, true])
        #expect(
            try tensor(OracleTensor(type: 14, dims: [1]) { $0.floats = [1, 2] }).array(of: Complex64.self)
                == [Complex64(1, 2)])
        #expect(
            try tensor(OracleTensor(type: 8, dims: [2]) { $0.strings = [Data("a".utf8), Data()] }).strings == ["a", ""])
    }

    @Test("reads raw data, unpacks 4 and 2 bits and normalises truth values")
    func rawData() throws {
        func bytes(_ type: Int64, _ count: Int64, _ raw: [UInt8]) throws -> [UInt8] {
            let tensor = try tensor(OracleTensor(type: type, dims: [count]) { $0.raw = Data(raw) })
            return try storedBytes(tensor)
        }
        #expect(try bytes(9, 3, [0, 2, 0xFF]) == [0, 1, 1])
        #expect(try bytes(22, 3, [0x8F, 0xF7]) == [0xF, 0x8, 0x7])
        #expect(try bytes(21, 2, [0x21]) == [1, 2])
        #expect(try bytes(26, 5, [0b11_10_01_00, 0b11]) == [0, 1, 2, 3, 3])
        #expect(try bytes(27, 5, [0b01_000001, 0b0011_1000, 0b111111_11, 0b100000]) == [1, 0x21, 0x33, 0x3F, 0x20])
        #expect(try bytes(17, 2, [0x7F, 0x80]) == [0x7F, 0x80])
        #expect(try tensor(OracleTensor(type: 1, dims: [0, 4])).elementCount == 0)
        #expect(try tensor(OracleTensor(type: 1, dims: []) { $0.floats = [3] }).shape == .scalar)
    }

    @Test("packed 4-bit elements may also lie in int32_data, one byte each")
    func narrowTyped() throws {
        let tensor = try tensor(OracleTensor(type: 22, dims: [3]) { $0.int32s = [0x8F, 0x07] })
        #expect(try storedBytes(tensor) == [0xF, 0x8, 0x7])
    }

    @Test("6-bit elements in int32_data take one number each")
    func sixBitsTyped() throws {
        let tensor = try tensor(OracleTensor(type: 28, dims: [3]) { $0.int32s = [0x3F, 0x01, 0x20] })
        #expect(try storedBytes(tensor) == [0x3F, 0x01, 0x20])
        #expect(try code(OracleTensor(type: 28, dims: [3]) { $0.raw = Data([0, 0]) }) == .tensor)
    }

    @Test("refuses data that does not fill the sizes")
    func counts() throws {
        #expect(try code(OracleTensor(type: 1, dims: [3]) { $0.floats = [1, 2] }) == .tensor)
        #expect(try code(OracleTensor(type: 1, dims: [1]) { $0.floats = [1, 2] }) == .tensor)
        #expect(try code(OracleTensor(type: 7, dims: [1]) { $0.int64s = [1, 2] }) == .tensor)
        #expect(try code(OracleTensor(type: 7, dims: [3]) { $0.int64s = [1, 2] }) == .tensor)
        #expect(try code(OracleTensor(type: 1, dims: [2]) { $0.raw = Data([0, 0, 0]) }) == .tensor)
        #expect(try code(OracleTensor(type: 22, dims: [3]) { $0.raw = Data([0]) }) == .tensor)
        #expect(try code(OracleTensor(type: 8, dims: [1]) { $0.raw = Data([0]) }) == .tensor)
        #expect(try code(OracleTensor(type: 8, dims: [2]) { $0.strings = [Data()] }) == .tensor)
        #expect(try code(OracleTensor(type: 1, dims: [1])) == .tensor)
    }

    @Test("refuses sizes that are negative, huge or overflow, and unknown element types")
    func sizes() throws {
        #expect(try code(OracleTensor(type: 1, dims: [-1])) == .tensor)
        #expect(try code(OracleTensor(type: 1, dims: [.max, .max])) == .tensor)
        #expect(try code(OracleTensor(type: 1, dims: [1 << 62])) != nil)
        #expect(try code(OracleTensor(type: 11, dims: [1 << 61]) { $0.raw = Data([1]) }) != nil)
        #expect(try code(OracleTensor(type: 7, dims: [1 << 40]) { $0.int64s = [1] }) == .tensor)
        #expect(try code(OracleTensor(type: 1, dims: [Int64](repeating: 1, count: 65)) { $0.floats = [1] }) == .limit)
        #expect(try code(OracleTensor(type: 0, dims: [])) == .tensor)
        #expect(try code(OracleTensor(type: 99, dims: [])) == .tensor)
        #expect(try code(OracleTensor(type: -1, dims: [])) == .tensor)
    }

    @Test("writes sparse initializers out in full")
    func sparse() throws {
        func model(_ dims: [Int64], _ indices: [Int64], _ indexDims: [Int64]) -> OracleModel {
            OracleModel([OracleNode("Relu", ["x"], ["y"])]) {
                $0.sparse = [
                    OracleSparse(
                        values: OracleTensor("s", type: 1, dims: [2]) { $0.floats = [5, 6] },
                        indices: OracleTensor(type: 7, dims: indexDims) { $0.int64s = indices }, dims: dims)
                ]
            }
        }
        let flat = try load(model([2, 2], [0, 3], [2])).graph.constants["s"]
        #expect(try flat?.array(of: Float.self) == [5, 0, 0, 6])
        let rows = try load(model([2, 2], [0, 1, 1, 0], [2, 2])).graph.constants["s"]
        #expect(try rows?.array(of: Float.self) == [0, 5, 6, 0])
        #expect(try refusal(model([2, 2], [0, 4], [2]))?.code == .tensor)
        #expect(try refusal(model([2, 2], [0, -1], [2]))?.code == .tensor)
        #expect(try refusal(model([2, 2], [0, 1, 2, 0], [2, 2]))?.code == .tensor)
        #expect(try refusal(model([2, 2], [0], [1]))?.code == .tensor)
        #expect(try refusal(model([1 << 40], [0, 1], [2]))?.code == .limit)
        #expect(try refusal(model([.max, .max], [0, 1], [2]))?.code == .limit)
    }

    @Test("weights are used where they lie in the file when they are aligned")
    func sharing() throws {
        let folder = try TemporaryFolder()
        var isShared = false
        for padding in 0..<8 {
            var oracle = OracleModel([OracleNode("Relu", ["x"], ["y"])]) {
                $0.name = String(repeating: "n", count: padding)
                $0.initializers = [
                    OracleTensor("w", type: 1, dims: [4]) { $0.raw = Data([UInt8](repeating: 1, count: 16)) }
                ]
            }
            oracle.producer = "p"
            let path = try folder.write(try oracle.serialized(), to: "m\(padding).onnx")
            let weight = try #require(try importer.importModel(path: path).graph.constants["w"])
            #expect(weight.isAligned)
            #expect(try weight.array(of: Float.self) == [Float](repeating: Float(bitPattern: 0x0101_0101), count: 4))
            if weight.storage.byteCount > 16 { isShared = true }
        }
        #expect(isShared)
    }

    @Test("reads sequences and optionals that the exporter wrote")
    func values() throws {
        let exporter = ONNXExporter()
        let tensor = Datum.tensor(try Tensor([1, 2] as [Int64], shape: [2]))
        let sequence = ValueType.sequence(.tensor(.int64, nil))
        let read = try importer.importDatum(bytes: exporter.bytes(of: .sequence([tensor, tensor])), as: sequence)
        guard case .sequence(let elements) = read, elements.count == 2 else {
            Issue.record("\(read)")
            return
        }
        #expect(try elements[1].tensor?.integers() == [1, 2])
        let optional = ValueType.optional(sequence)
        let none = try importer.importDatum(bytes: exporter.bytes(of: .none, as: optional), as: optional)
        guard case .none = none else {
            Issue.record("\(none)")
            return
        }
        let some = try importer.importDatum(bytes: exporter.bytes(of: .sequence([tensor]), as: optional), as: optional)
        guard case .sequence(let content) = some else {
            Issue.record("\(some)")
            return
        }
        #expect(content.count == 1)
    }

    @Test("reads maps that the exporter wrote")
    func maps() throws {
        let map = TensorMap(
            keys: try Tensor(strings: ["a", "b"], shape: [2]), values: try Tensor([1, 2] as [Float], shape: [2]))
        let type = ValueType.map(.string, .tensor(.float32, []))
        let read = try importer.importDatum(bytes: ONNXExporter().bytes(of: .map(map)), as: type)
        guard case .map(let result) = read else {
            Issue.record("\(read)")
            return
        }
        #expect(result.keys.strings == ["a", "b"])
        #expect(try result.values.array(of: Float.self) == [1, 2])
    }
}

/// The elements of a tensor of bytes as they are held.
private func storedBytes(_ tensor: Tensor) throws -> [UInt8] {
    let span = try tensor.patterns(of: UInt8.self)
    return span.indices.map { span[$0] }
}
