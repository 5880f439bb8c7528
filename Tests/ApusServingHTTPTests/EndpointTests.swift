// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusServingHTTP
import ApusServingTransport
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@Suite struct EndpointTests {
    private static func ask(
        _ method: HTTPRequest.Method, _ path: String, _ headers: HTTPFields = [:], _ body: ByteBuffer? = nil,
        limits: HTTPLimits = HTTPLimits()
    ) async throws -> (status: Int, headers: HTTPFields, body: ByteBuffer) {
        let echo = try EchoServer(limits: limits)
        return try await echo.application.test(.router) { client in
            try await client.execute(uri: path, method: method, headers: headers, body: body) {
                ($0.status.code, $0.headers, $0.body)
            }
        }
    }

    private static func infer(
        _ model: String, _ json: String, binary: [UInt8]? = nil, _ extra: HTTPFields = [:],
        limits: HTTPLimits = HTTPLimits()
    ) async throws -> (status: Int, headers: HTTPFields, body: ByteBuffer) {
        var body = ByteBuffer(string: json)
        var headers = extra
        if let binary {
            headers[.jsonLength] = String(body.readableBytes)
            body.writeBytes(binary)
        }
        return try await ask(.post, "/v2/models/\(model)/infer", headers, body, limits: limits)
    }

    @Test(
        "Health, metadata and settings answer as documented",
        arguments: [
            ("/v2/health/live", #"{"live":true}"#), ("/v2/health/ready", #"{"ready":true}"#),
            ("/v2/models/floats/ready", #"{"name":"floats","ready":true}"#),
            ("/v2/models/floats/versions/1/ready", #"{"name":"floats","ready":true}"#),
            (
                "/v2/models/floats",
                #"{"name":"floats","versions":["1"],"platform":"onnxruntime_onnx","#
                    + #""inputs":[{"name":"x","datatype":"FP32","shape":[-1,-1]}],"#
                    + #""outputs":[{"name":"y","datatype":"FP32","shape":[-1,-1]}]}"#
            ),
            ("/v2/cudasharedmemory/status", "[]"), ("/v2/systemsharedmemory/status", "[]"),
            (
                "/v2/trace/setting",
                #"{"trace_level":["OFF"],"trace_rate":"1000","trace_count":"-1","log_frequency":"0","trace_file":"","#
                    + #""trace_mode":"triton"}"#
            ),
        ])
    func get(path: String, expected: String) async throws {
        let answer = try await Self.ask(.get, path)
        #expect(answer.status == 200)
        #expect(String(buffer: answer.body) == expected)
        #expect(answer.headers[.contentType] == "application/json")
    }

    @Test(
        "What there is not is answered with a status and an error in words",
        arguments: [
            (HTTPRequest.Method.get, "/v2/models/nobody", 404, "Request for unknown model: 'nobody' is not found"),
            (.get, "/v2/models/floats/versions/9", 404, "Request for unknown model: 'floats' version 9 is not found"),
            (.get, "/v2/models/floats/versions/x", 404, "Not Found"),
            (.get, "/v2/models/nobody/ready", 400, "Model version not ready"),
            (.get, "/v2/models/nobody/stats", 400, "requested model 'nobody' is not available"),
            (.get, "/v3", 404, "Not Found"),
            (.post, "/v2/health/live", 405, "Method Not Allowed"),
            (.get, "/v2/models/floats/infer", 405, "Method Not Allowed"),
            (.post, "/v2/repository/other/models/m/load", 501, "'repository_name' specification is not supported"),
            (.post, "/v2/cudasharedmemory/region/r/register", 400, "computes on CPUs only"),
            (.get, "/v2/systemsharedmemory/region/r/status", 404, "Unable to find system shared memory region: 'r'"),
        ] as [(HTTPRequest.Method, String, Int, String)])
    func refused(method: HTTPRequest.Method, path: String, status: Int, text: String) async throws {
        let answer = try await Self.ask(method, path)
        #expect(answer.status == status)
        #expect(String(buffer: answer.body).hasPrefix(#"{"error":""#))
        #expect(String(buffer: answer.body).contains(text))
    }

    @Test("HEAD and OPTIONS are answered, and a slash at the end does no harm")
    func methods() async throws {
        let head = try await Self.ask(.head, "/v2/health/ready")
        #expect(head.status == 200 && head.body.readableBytes == 0)
        let options = try await Self.ask(.options, "/v2/models/floats/infer")
        #expect(options.status == 204 && options.headers[.allow] == "OPTIONS, POST")
        #expect(try await Self.ask(.get, "/v2/").status == 200)
        #expect(try await Self.ask(.post, "/v2/repository/other/index").status == 200)
        #expect(try await Self.ask(.get, "/v2/models/flo%61ts").status == 200)
    }

    @Test("JSON in, JSON out; an empty id is not given back")
    func json() async throws {
        let answer = try await Self.infer(
            "floats", #"{"data":[],"inputs":[{"data":[[0.1,2]],"name":"x","shape":[1,2],"datatype":"FP32"}],"id":""}"#)
        #expect(answer.status == 200)
        #expect(
            String(buffer: answer.body)
                == #"{"model_name":"floats","model_version":"1","#
                + #""outputs":[{"name":"y","datatype":"FP32","shape":[1,2],"data":[0.1,2.0]}]}"#)
    }

    @Test("Binary in, binary out, with the length of the JSON in a header")
    func binary() async throws {
        let tensor: [UInt8] = [0, 0, 128, 63, 0, 0, 0, 64]
        let answer = try await Self.infer(
            "floats",
            #"{"id":"7","inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}],"#
                + #""parameters":{"binary_data_output":true}}"#,
            binary: tensor)
        let json =
            #"{"id":"7","model_name":"floats","model_version":"1","#
            + #""outputs":[{"name":"y","datatype":"FP32","shape":[1,2],"parameters":{"binary_data_size":8}}]}"#
        #expect(answer.headers[.jsonLength] == String(json.utf8.count))
        #expect(answer.headers[.contentType] == "application/octet-stream")
        #expect(Array(answer.body.readableBytesView) == Array(json.utf8) + tensor)
    }

    @Test("An output's own form goes before the request's")
    func forms() async throws {
        let input = #"{"name":"x","shape":[1,1],"datatype":"FP32","data":[1]}"#
        for (form, isBinary) in [("", true), (#","parameters":{"binary_data":false}"#, false)] {
            let answer = try await Self.infer(
                "floats",
                #"{"inputs":[\#(input)],"outputs":[{"name":"y"\#(form)}],"parameters":{"binary_data_output":true}}"#)
            #expect((answer.headers[.jsonLength] != nil) == isBinary)
        }
    }

    @Test("Text goes in and out, escaped and as bytes with lengths")
    func text() async throws {
        let answer = try await Self.infer(
            "text",
            #"{"inputs":[{"name":"x","shape":[1,2],"datatype":"BYTES","data":["a\"\u00e9",""]}]}"#)
        #expect(String(buffer: answer.body).contains(#""data":["a\"é",""]"#))
        let wire: [UInt8] = [1, 0, 0, 0, 97, 0, 0, 0, 0]
        let binary = try await Self.infer(
            "text",
            #"{"inputs":[{"name":"x","shape":[1,2],"datatype":"BYTES","parameters":{"binary_data_size":9}}],"#
                + #""outputs":[{"name":"y","parameters":{"binary_data":true}}]}"#,
            binary: wire)
        #expect(Array(binary.body.readableBytesView).suffix(9) == wire[...])
    }

    @Test("Halves are numbers in JSON")
    func halves() async throws {
        let answer = try await Self.infer(
            "halves", #"{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP16","data":[0.1,-2]}]}"#)
        #expect(String(buffer: answer.body).contains(#""data":[0.1,-2.0]"#))
    }

    @Test("300 in UINT8 is an error that names the input")
    func range() async throws {
        let answer = try await Self.infer(
            "bytes", #"{"inputs":[{"name":"x","shape":[1,1],"datatype":"UINT8","data":[300]}]}"#)
        #expect(answer.status == 400)
        #expect(
            String(buffer: answer.body).contains("'data' of input 'x': 300 is not in the range of UINT8"))
    }

    @Test("A body of nothing but the tensor's bytes is a request of one row")
    func raw() async throws {
        let answer = try await Self.ask(
            .post, "/v2/models/bytes/infer", [.jsonLength: "0"], ByteBuffer(bytes: [1, 2, 3]))
        #expect(answer.status == 200)
        #expect(Array(answer.body.readableBytesView).suffix(3) == [1, 2, 3])
        #expect(String(buffer: answer.body).contains(#""shape":[1,3]"#))
    }

    @Test(
        "Wrong lengths are refused and say by how much",
        arguments: [
            (8, 4, "unexpected size for input 'x', expecting 4 additional bytes for model 'floats'"),
            (8, 12, "unexpected additional input data for model 'floats': 4 bytes"),
            (4, 4, "input byte size mismatch for input 'x' for model 'floats'. Expected 8, got 4"),
        ])
    func lengths(claimed: Int, sent: Int, text: String) async throws {
        let answer = try await Self.infer(
            "floats",
            #"{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":\#(claimed)}}]}"#,
            binary: [UInt8](repeating: 0, count: sent))
        #expect(answer.status == 400)
        #expect(String(buffer: answer.body).contains(text))
    }

    @Test("A body over the limit is refused with 413, and the connection ends")
    func limit() async throws {
        var limits = HTTPLimits()
        limits.bodyBytes = 100
        let answer = try await Self.infer("floats", String(repeating: " ", count: 101), limits: limits)
        #expect(answer.status == 413)
        #expect(answer.headers[.connection] == "close")
    }

    @Test(
        "Compressed requests are unpacked, answers packed only where it pays",
        arguments: [Compression.gzip, .deflate, .zstd])
    func compression(_ compression: Compression) async throws {
        let data = Array(repeating: "1", count: 1000).joined(separator: ",")
        let json = #"{"inputs":[{"name":"x","shape":[1,1000],"datatype":"FP32","data":[\#(data)]}]}"#
        let packed = try #require(compression.packed(ByteBuffer(string: json)))
        let headers: HTTPFields = [.contentEncoding: compression.rawValue, .acceptEncoding: compression.rawValue]
        let answer = try await Self.ask(.post, "/v2/models/floats/infer", headers, packed)
        #expect(answer.status == 200)
        #expect(answer.headers[.contentEncoding] == compression.rawValue)
        let body = try compression.unpacked(answer.body, limit: 1 << 20)
        #expect(String(buffer: body).contains("1.0,1.0"))
        let small = try await Self.infer(
            "floats", #"{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[1]}]}"#,
            [.acceptEncoding: compression.rawValue])
        #expect(small.headers[.contentEncoding] == nil)
    }

    @Test("Generate takes plain values and gives them back")
    func generate() async throws {
        let one = try await Self.ask(.post, "/v2/models/text/generate", [:], ByteBuffer(string: #"{"x":"hello"}"#))
        #expect(String(buffer: one.body) == #"{"model_name":"text","model_version":"1","y":"hello"}"#)
        let many = try await Self.ask(
            .post, "/v2/models/floats/generate", [:], ByteBuffer(string: #"{"id":"a","parameters":{"k":1},"x":[1,2]}"#))
        #expect(String(buffer: many.body) == #"{"model_name":"floats","model_version":"1","id":"a","y":[1.0,2.0]}"#)
        let events = try await Self.ask(
            .post, "/v2/models/text/generate_stream", [:], ByteBuffer(string: #"{"x":"hello"}"#))
        #expect(events.headers[.contentType] == "text/event-stream; charset=utf-8")
        #expect(String(buffer: events.body).hasSuffix(#""y":"hello"}"# + "\n\n"))
    }

    @Test("While the server shuts down it is live, not ready, and refuses requests with a time to wait")
    func shutdown() async throws {
        let echo = try EchoServer()
        echo.server.beginShutdown()
        try await echo.application.test(.router) { client in
            let ready = try await client.execute(uri: "/v2/health/ready", method: .get) { $0 }
            #expect(ready.status == .serviceUnavailable)
            #expect(String(buffer: ready.body).contains("shutting down"))
            let body = ByteBuffer(string: #"{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[1]}]}"#)
            let answer = try await client.execute(uri: "/v2/models/floats/infer", method: .post, body: body) { $0 }
            #expect(answer.status == .serviceUnavailable)
            #expect(answer.headers[.retryAfter] == "1")
        }
    }
}
