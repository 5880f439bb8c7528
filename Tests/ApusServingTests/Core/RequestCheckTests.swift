// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusTensors
import Testing

@Suite struct RequestCheckTests {
    /// What the server says of a request for `f32[N, 2]` with at most 4 rows.
    private func refusal(_ inputs: [RequestInput], outputs: [RequestedOutput] = []) async throws -> ServingError {
        let small = SmallServer()
        try small.load("m", .doubling, maxBatchSize: 4)
        let request = InferenceRequest(model: "m", inputs: inputs, outputs: outputs)
        let error = await #expect(throws: ServingError.self) { try await small.server.infer(request) }
        #expect(small.host.requestCount == 0)
        // A request that is right still gets through.
        _ = try await small.server.infer(SmallServer.request("m", 1))
        return try #require(error)
    }

    private func input(_ name: String = "x", _ shape: Shape = [1, 2]) throws -> RequestInput {
        RequestInput(name: name, tensor: try Tensor([Float](repeating: 0, count: shape.elementCount), shape: shape))
    }

    @Test("An input the model does not have is named")
    func unknownInput() async throws {
        let error = try await refusal([input(), input("z")])
        #expect(error.code == .invalidArgument)
        #expect(error.message == "unexpected inference input 'z' for model 'm'")
    }

    @Test("A missing input is named")
    func missingInput() async throws {
        let error = try await refusal([])
        #expect(error.code == .invalidArgument)
        #expect(error.message.contains("expected 1 inputs but got 0 inputs for model 'm'. Got input(s) [], but"))
        #expect(error.message.contains("missing required input(s) ['x']"))
    }

    @Test("An input that comes twice is refused")
    func duplicateInput() async throws {
        let error = try await refusal([input(), input()])
        #expect(error.code == .invalidArgument)
        #expect(error.message.contains("'x'"))
    }

    @Test("Another datatype is refused with both")
    func datatype() async throws {
        let tensor = try Tensor([1, 2] as [Int32], shape: [1, 2])
        let error = try await refusal([RequestInput(name: "x", tensor: tensor)])
        #expect(
            error.message.hasSuffix("inference input 'x' data-type is 'INT32', but model 'm' expects 'FP32'"))
        let bytes = try await refusal([RequestInput(name: "x", bytes: try ByteStrings([[1], [2]], shape: [1, 2]))])
        #expect(bytes.message.contains("'BYTES'"))
    }

    @Test("Another shape is refused with both", arguments: [[3], [1, 3], [1, 2, 1], [0, 2], []] as [Shape])
    func shape(shape: Shape) async throws {
        let error = try await refusal([input("x", shape)])
        #expect(error.code == .invalidArgument)
        let sizes = shape.map(String.init).joined(separator: ",")
        #expect(
            error.message.contains("unexpected shape for input 'x' for model 'm'. Expected [-1,2], got [\(sizes)]."))
    }

    @Test("A batch past the largest is refused and never split")
    func batchSize() async throws {
        let error = try await refusal([input("x", [5, 2])])
        #expect(error.message.contains("inference request batch-size must be <= 4 for 'm'"))
    }

    @Test("An output the model does not have is named")
    func unknownOutput() async throws {
        let error = try await refusal([input()], outputs: [RequestedOutput(name: "z")])
        #expect(error.message.hasSuffix("unexpected inference output 'z' for model 'm'"))
    }

    @Test("Classes of a negative number are refused")
    func classes() async throws {
        let error = try await refusal(
            [input()], outputs: [RequestedOutput(name: "y", classificationCount: -1)])
        #expect(error.code == .invalidArgument)
    }

    @Test("A configuration that does not fit its model is refused at loading, with the reason")
    func configuration() throws {
        let small = SmallServer()
        func refusal(_ change: (inout ModelConfiguration) -> Void) -> String? {
            #expect(throws: ServingError.self) { try small.load("m", .doubling) { change(&$0) } }?.message
        }
        #expect(refusal { $0.inputs[0].name = "z" }?.contains("'z'") == true)
        #expect(refusal { $0.inputs = [] }?.contains("'x'") == true)
        #expect(refusal { $0.inputs[0].datatype = .int8 }?.contains("TYPE_INT8") == true)
        #expect(refusal { $0.inputs[0].dimensions = [3] }?.contains("[-1, 3]") == true)
        #expect(refusal { $0.outputs[0].dimensions = [2, 2] }?.contains("output 'y'") == true)
        #expect(refusal { $0.inputs[0].dimensions = [-1] }?.contains("[-1, -1]") == true)
    }

    @Test("Requests say a shape and the model sees another where the configuration reshapes")
    func reshapes() async throws {
        let small = SmallServer()
        try small.load("m", .doubling, dimensions: [2, 1]) {
            $0.inputs[0].reshape = [2]
            $0.outputs[0].reshape = [2]
        }
        let tensor = try Tensor([1, 2, 3, 4] as [Float], shape: [2, 2, 1])
        let request = InferenceRequest(model: "m", inputs: [RequestInput(name: "x", tensor: tensor)])
        let output = try await small.server.infer(request).outputs[0]
        #expect(output.shape == [2, 2, 1])
        #expect(try output.tensor.array(of: Float.self) == [2, 4, 6, 8])
    }
}
