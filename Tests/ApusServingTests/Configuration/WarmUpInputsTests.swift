// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusTensors
import Testing

@Suite struct WarmUpInputsTests {
    private func warmUps(
        _ inputs: String, _ datatype: Datatype = .float32, maxBatchSize: Int = 4, file: [UInt8] = []
    ) throws -> [ModelConfiguration.WarmUp] {
        let text = "model_warmup { name: \"w\" batch_size: 2 count: 3 inputs { key: \"x\" value { \(inputs) } } }"
        var configuration = ModelConfiguration(name: "m")
        configuration.message = try ConfigurationReader.read(text: Array(text.utf8), origin: "c").message
        configuration.maxBatchSize = maxBatchSize
        configuration.inputs = [TensorSpecification(name: "x", datatype: datatype, dimensions: [2])]
        return try WarmUpInputs.make(configuration) { _ throws(ServingError) in file }
    }

    private func tensor(_ warmUps: [ModelConfiguration.WarmUp]) throws -> Tensor {
        guard case .tensor(let tensor)? = warmUps.first?.inputs.first?.data else {
            throw ServingError(.internal, "no tensor")
        }
        return tensor
    }

    @Test("Zeros, chance and files fill as many rows as the batch has")
    func contents() throws {
        let zeros = try warmUps("dims: 2 zero_data: true")
        #expect(zeros.first?.count == 3)
        #expect(try tensor(zeros).shape == [2, 2])
        #expect(try tensor(zeros).array(of: Float.self) == [0, 0, 0, 0])
        let random = try tensor(warmUps("dims: 64 random_data: true")).array(of: Float.self)
        #expect(random.allSatisfy { (0..<1).contains($0) })
        #expect(Set(random).count > 1)
        let whole = try tensor(warmUps("dims: 64 random_data: true", .int64)).array(of: Int64.self)
        #expect(Set(whole) == [0, 1])
        let file = try tensor(warmUps("dims: 2 input_data_file: \"f\"", .int16, file: [1, 0, 2, 0]))
        #expect(try file.array(of: Int16.self) == [1, 2, 1, 2])
        let alone = try tensor(warmUps("dims: 2 zero_data: true", maxBatchSize: 0))
        #expect(alone.shape == [2])
    }

    @Test("Texts are made too")
    func texts() throws {
        let wire: [UInt8] = [1, 0, 0, 0, 0x61, 0, 0, 0, 0]
        let warmUps = try warmUps("dims: 2 input_data_file: \"f\"", .bytes, file: wire)
        guard case .bytes(let bytes)? = warmUps.first?.inputs.first?.data else {
            Issue.record("no bytes")
            return
        }
        #expect(bytes.shape == [2, 2])
        #expect((0..<4).map { Array(bytes[$0]) } == [[0x61], [], [0x61], []])
    }

    @Test("Files of another size, other types and sizes without end are refused")
    func refusals() throws {
        for (inputs, expected) in [
            ("dims: 2 input_data_file: \"f\"", "has 3 bytes, expected 8"),
            ("dims: 2 data_type: TYPE_INT8 zero_data: true", "data_type is INT8, expected FP32"),
            ("dims: [ 4611686018427387904, 8 ] zero_data: true", "cannot be counted"),
            ("dims: [ 1000000000 ] zero_data: true", "takes more than"), ("dims: -1 zero_data: true", "a size is -1"),
        ] {
            do {
                _ = try warmUps(inputs, file: [1, 2, 3])
                Issue.record("accepted: \(inputs)")
            } catch let error as ServingError {
                #expect(error.message.contains(expected), "\(error)")
                #expect(error.message.hasPrefix("model_warmup 'w', input 'x'"))
            }
        }
    }

    @Test("Labels are one a line, whatever ends the lines")
    func labels() throws {
        #expect(try LabelFile.labels(Array("cat\r\ndog\n\nbird".utf8), file: "l") == ["cat", "dog", "", "bird"])
        #expect(try LabelFile.labels([], file: "l") == [])
        #expect(throws: ConfigurationError.self) { try LabelFile.labels([0x61, 0x0a, 0xff], file: "l") }
    }
}
