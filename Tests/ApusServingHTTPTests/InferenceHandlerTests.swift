// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusServingHTTP
import Testing

@Suite struct InferenceHandlerTests {
    private static func request(_ id: String, _ more: String = "") -> String {
        let body = #"{"id":"\#(id)","inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,2.5]}]}"#
        let head = "POST /v2/models/floats/infer HTTP/1.1\r\nhost: h\r\n\(more)"
        return head + "content-length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test(
        "Requests sent one after the other, for inference and others, are answered in their order",
        arguments: [1, 100_000])
    func pipelined(pieceSize: Int) async throws {
        let connection = try await TestConnection(EchoServer())
        let live = "GET /v2/health/live HTTP/1.1\r\nhost: h\r\n\r\n"
        try await connection.send(
            Self.request("a") + Self.request("b") + live + Self.request("c") + live + Self.request("d"),
            pieceSize: pieceSize)
        let text = try await connection.received(until: #""id":"d""#)
        let order = text.split(separator: "\"").filter { ["a", "b", "c", "d", "live"].contains($0) }
        #expect(order == ["a", "b", "live", "c", "live", "d"])
        #expect(text.contains(#""data":[1,2.5]"#) || text.contains(#""data":[1.0,2.5]"#), "\(text)")
    }

    @Test("The connection ends after an answer where the client wants that")
    func close() async throws {
        let connection = try await TestConnection(EchoServer())
        try await connection.send(Self.request("a", "connection: close\r\n"))
        #expect(try await connection.received(until: "\"a\"").contains("connection: close"))
        try await connection.closed()
    }

    @Test("A body past the limit is refused by its length, and by its bytes where no length is given")
    func large() async throws {
        var limits = HTTPLimits()
        limits.bodyBytes = 10
        let told = try await TestConnection(EchoServer(), limits: limits)
        try await told.send(Self.request("a"))
        #expect(try await told.received(until: "}").hasPrefix("HTTP/1.1 413 "))
        let chunked = try await TestConnection(EchoServer(), limits: limits)
        try await chunked.send("POST /v2/models/floats/infer HTTP/1.1\r\nhost: h\r\n")
        try await chunked.send("transfer-encoding: chunked\r\n\r\nb\r\n01234567890\r\n")
        #expect(try await chunked.received(until: "}").contains("larger than the limit of 10 bytes"))
    }

    @Test("What is no HTTP is answered with 400 and ends the connection")
    func unsound() async throws {
        let connection = try await TestConnection(EchoServer())
        try await connection.send("no such thing\r\n\r\n")
        #expect(try await connection.received(until: "}").hasPrefix("HTTP/1.1 400 "))
    }

    @Test("A client that waits to be told to go on is told")
    func invitation() async throws {
        let connection = try await TestConnection(EchoServer())
        let request = Self.request("a", "expect: 100-continue\r\n")
        // The head ends before the body's first brace.
        let end = try #require(request.firstIndex(of: "{"))
        try await connection.send(String(request[..<end]))
        #expect(try await connection.received(until: "\r\n\r\n").hasPrefix("HTTP/1.1 100 "))
        try await connection.send(String(request[end...]))
        #expect(try await connection.received(until: "\"a\"").hasPrefix("HTTP/1.1 200 "))
    }

    @Test(
        "A head and a body that stand still end the connection",
        arguments: ["POST /v2/mod", String(request("a").dropLast())])
    func slow(start: String) async throws {
        let connection = try await TestConnection(EchoServer())
        try await connection.send(start)
        await connection.advanceTime(seconds: 21)
        await connection.advanceTime(seconds: 21)
        try await connection.closed()
    }

    @Test("While the server shuts down requests are refused and connections end")
    func shutdown() async throws {
        let echo = try EchoServer()
        let connection = try await TestConnection(echo)
        echo.server.beginShutdown()
        try await connection.send(Self.request("a"))
        let answer = try await connection.received(until: "}")
        #expect(answer.hasPrefix("HTTP/1.1 503 ") && answer.contains("retry-after: 1"))
        try await connection.closed()
    }

    @Test(
        "Only plain paths of inference are taken",
        arguments: [
            ("/v2/models/a/infer", "a", ""), ("/v2/models/a.b-c/versions/12/infer", "a.b-c", "12"),
            ("/v2/models/a%20b/infer", nil, ""), ("/v2/models//infer", nil, ""), ("/v2/models/a/infer/", nil, ""),
            ("/v2/models/a/versions/x/infer", nil, ""), ("/v2/models/a/versions//infer", nil, ""),
            ("/v2/models/a/infer?x=1", nil, ""), ("/v2/models/a/ready", nil, ""),
        ] as [(String, String?, String)])
    func paths(uri: String, model: String?, version: String) {
        let path = InferencePath(uri)
        #expect(path?.model == model)
        #expect(path.map { $0.version == version } ?? true)
    }
}
