// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusProtocol
import ApusServing
import ApusServingGRPC
import GRPCCore
import NIOHPACK
import SwiftProtobuf
import Testing

@Suite struct CallTests {
    private static let inference = "/inference.GRPCInferenceService/ModelInfer"
    private static let streaming = "/inference.GRPCInferenceService/ModelStreamInfer"

    private static func request(
        _ model: String, _ datatype: String, _ shape: [Int64], id: String = "", _ raw: [UInt8]? = nil
    ) throws -> Inference_ModelInferRequest {
        var request = Inference_ModelInferRequest()
        request.modelName = model
        request.id = id
        request.inputs = [
            .with {
                $0.name = "x"
                $0.datatype = datatype
                $0.shape = shape
            }
        ]
        guard let raw else { return request }
        // Field 7 from its bytes, as this target knows no type for them.
        let field = [7 << 3 | 2, UInt8(raw.count)] + raw
        return try Inference_ModelInferRequest(serializedBytes: request.serializedBytes() + field)
    }

    private static func infer(_ request: Inference_ModelInferRequest) async throws -> Inference_ModelInferResponse {
        let call = try await TestCall(EchoServer().edge, path: inference)
        try await call.send([request.serializedBytes()])
        let ended = try await call.end()
        if ended.code != 0 {
            let code = Status.Code(rawValue: ended.code).flatMap { RPCError.Code($0) } ?? .unknown
            throw RPCError(code: code, message: ended.message)
        }
        return try Inference_ModelInferResponse(serializedBytes: try #require(ended.messages.first))
    }

    @Test("Raw bytes go in and out, one entry for each output")
    func raw() async throws {
        let response = try await Self.infer(
            Self.request("floats", "FP32", [1, 2], id: "7", [0, 0, 128, 63, 0, 0, 0, 64]))
        #expect(response.modelName == "floats" && response.modelVersion == "1" && response.id == "7")
        #expect(response.outputs.map(\.name) == ["y"] && response.outputs.map(\.datatype) == ["FP32"])
        #expect(response.outputs.map(\.shape) == [[1, 2]])
        #expect(response.rawOutputContents.map { Array($0) } == [[0, 0, 128, 63, 0, 0, 0, 64]])
    }

    @Test("Typed contents are read, packed or not")
    func typed() async throws {
        var request = try Self.request("floats", "FP32", [1, 2])
        request.inputs[0].contents.fp32Contents = [1, 2]
        let response = try await Self.infer(request)
        #expect(response.rawOutputContents.map { Array($0) } == [[0, 0, 128, 63, 0, 0, 0, 64]])
        var bytes = try Self.request("bytes", "UINT8", [1, 3])
        bytes.inputs[0].contents.uintContents = [1, 255, 300]
        // The low bytes are kept, as the protocol has it.
        #expect(try await Self.infer(bytes).rawOutputContents.map { Array($0) } == [[1, 255, 44]])
    }

    @Test(
        "Calls that are wrong end with a code and a message that names what is",
        arguments: [
            ("nobody", "FP32", [1, 2], 8, RPCError.Code.notFound, "'nobody' is not found"),
            ("floats", "FP31", [1, 2], 8, .invalidArgument, "datatype 'FP31' of input 'x' is unknown"),
            ("floats", "FP32", [1, -2], 8, .invalidArgument, "size of -2"),
            ("floats", "FP32", [1, 2], 7, .invalidArgument, "Expected 8, got 7"),
            ("floats", "INT32", [1, 2], 8, .invalidArgument, "data-type is 'INT32'"),
            ("floats", "FP32", [1 << 62, 1 << 62], 8, .invalidArgument, "overflow"),
            ("text", "BYTES", [1, 1], 3, .invalidArgument, "input 'x'"),
        ] as [(String, String, [Int64], Int, RPCError.Code, String)])
    func refused(
        model: String, datatype: String, shape: [Int64], byteCount: Int, code: RPCError.Code, text: String
    ) async throws {
        let request = try Self.request(model, datatype, shape, [UInt8](repeating: 0, count: byteCount))
        let error = await #expect(throws: RPCError.self) { _ = try await Self.infer(request) }
        #expect(error?.code == code)
        #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
    }

    @Test("Raw bytes beside typed contents are refused")
    func mixed() async throws {
        var request = try Self.request("floats", "FP32", [1, 2], [UInt8](repeating: 0, count: 8))
        request.inputs[0].contents.fp32Contents = [1, 2]
        let error = await #expect(throws: RPCError.self) { _ = try await Self.infer(request) }
        #expect(error?.code == .invalidArgument)
    }

    @Test("Parameters of every type are taken, reserved names are not")
    func parameters() async throws {
        var request = try Self.request("bytes", "UINT8", [1, 1], [5])
        request.parameters["priority"] = .with { $0.uint64Param = 1 }
        request.parameters["timeout"] = .with { $0.int64Param = 1_000_000 }
        request.parameters["triton_enable_empty_final_response"] = .with { $0.boolParam = true }
        request.parameters["custom"] = .with { $0.doubleParam = 0.5 }
        #expect(try await Self.infer(request).rawOutputContents.map { Array($0) } == [[5]])
        request.parameters["triton_other"] = .with { $0.boolParam = true }
        let error = await #expect(throws: RPCError.self) { _ = try await Self.infer(request) }
        #expect(error?.message.contains("reserved") == true)
    }

    @Test("A stream is answered in its order, with errors as messages in between, however its bytes are cut")
    func stream() async throws {
        let call = try await TestCall(EchoServer().edge, path: Self.streaming)
        try await call.send(
            (0..<400).map { number in
                let (model, raw) = (number == 10 ? "nobody" : "bytes", [UInt8(number % 256)])
                return try Self.request(model, "UINT8", [1, 1], id: "\(number)", raw).serializedBytes()
            }, pieceSize: 7)
        let ended = try await call.end()
        #expect(ended.code == 0 && ended.messages.count == 400)
        for (number, message) in ended.messages.enumerated() {
            let response = try Inference_ModelStreamInferResponse(serializedBytes: message)
            #expect(response.inferResponse.id == "\(number)")
            #expect(response.errorMessage.isEmpty == (number != 10))
            guard number != 10 else { continue }
            #expect(response.inferResponse.parameters["triton_final_response"]?.boolParam == true)
            #expect(response.inferResponse.rawOutputContents.map { Array($0) } == [[UInt8(number % 256)]])
        }
    }

    @Test("A stream that asks for it ends with the status of the first request that fails")
    func strictStream() async throws {
        let call = try await TestCall(EchoServer().edge, path: Self.streaming, [("triton_grpc_error", "true")])
        try await call.send([
            Self.request("bytes", "UINT8", [1, 1], [7]).serializedBytes(),
            Self.request("nobody", "UINT8", [1, 1], [7]).serializedBytes(),
        ])
        let ended = try await call.end()
        #expect(ended.messages.count == 1 && ended.code == 5)
    }

    @Test("While the server shuts down calls are refused as unavailable, with a time to wait")
    func shutdown() async throws {
        let echo = try EchoServer()
        echo.server.beginShutdown()
        let call = try await TestCall(echo.edge, path: Self.inference)
        try await call.send([Self.request("bytes", "UINT8", [1, 1], [5]).serializedBytes()])
        let ended = try await call.end()
        #expect(ended.code == 14 && ended.trailers.first(name: "grpc-retry-pushback-ms") == "1000")
    }

    @Test("What is no call of gRPC, packed in an unknown way, cut short or without a message ends with a status")
    func unsound() async throws {
        let edge = try EchoServer().edge
        let packed = try await TestCall(edge, path: Self.inference, [("grpc-encoding", "snappy")]).end()
        #expect(packed.code == 12 && packed.message.contains("'snappy'"))
        let empty = try await TestCall(edge, path: Self.inference).end()
        #expect(empty.code == 13 && empty.message.contains("no message"))
        let cut = try await TestCall(edge, path: Self.inference)
        try await cut.send(bytes: [0, 0, 0, 0, 9, 1, 2])
        #expect(try await cut.end().message.contains("ends within a message"))
        let second = try await TestCall(edge, path: Self.inference)
        try await second.send([[], []])
        #expect(try await second.end().code == 12)
        let nowhere = try await TestCall(edge, path: "/nothing").end()
        #expect(nowhere.code == 12)
    }

    @Test("A message larger than the limit is refused before it has come")
    func large() async throws {
        var edge = try EchoServer().edge
        edge.limits.messageBytes = 100
        let call = try await TestCall(edge, path: Self.inference)
        try await call.send(bytes: [0, 0, 0, 0, 101])
        let ended = try await call.end()
        #expect(ended.code == 8 && ended.message.contains("101 bytes is larger than the limit of 100"))
    }

    @Test("A request that stands still or trickles in is given up")
    func slow() async throws {
        let still = try await TestCall(EchoServer().edge, path: Self.inference)
        try await still.send(bytes: [0, 0, 0])
        await still.advanceTime(seconds: 21)
        #expect(try await still.ended().code == 4)
        let trickling = try await TestCall(EchoServer().edge, path: Self.inference)
        for _ in 0..<3 {
            try await trickling.send(bytes: [0])
            await trickling.advanceTime(seconds: 9)
        }
        #expect(try await trickling.ended().code == 4)
    }

    @Test(
        "A status's text may hold anything",
        arguments: [("plain", "plain"), ("50 %", "50 %25"), ("ä\n", "%C3%A4%0A")])
    func text(text: String, encoded: String) { #expect(StatusMessage.encoded(text) == encoded) }
}
