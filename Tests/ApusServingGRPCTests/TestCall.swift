// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServingGRPC
import ApusServingTransport
import NIOCore
import NIOEmbedded
import NIOHPACK
import NIOHTTP2
import Testing

/// A call of gRPC over a stream that belongs to no connection.
struct TestCall {
    /// How a call ended.
    struct Ended {
        var messages: [[UInt8]] = []
        var trailers = HPACKHeaders()
        var code: Int { trailers.first(name: "grpc-status").flatMap { Int($0) } ?? -1 }
        var message: String { trailers.first(name: "grpc-message") ?? "" }
    }

    private typealias Payload = HTTP2Frame.FramePayload
    private let channel = NIOAsyncTestingChannel()

    init(_ edge: GRPCEdge, path: String, _ more: [(String, String)] = []) async throws {
        let pipeline = GRPCPipeline(edge, tasks: LiveTasks())
        let channel = channel
        try await channel.testingEventLoop.executeInContext { try pipeline.configureCall(channel) }
        try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1))
        let headers = [(":method", "POST"), (":path", path), ("content-type", "application/grpc")] + more
        try await channel.writeInbound(Payload.headers(.init(headers: HPACKHeaders(headers))))
    }

    /// Sends messages, cut into pieces.
    func send(_ messages: [[UInt8]], pieceSize: Int = .max) async throws {
        var all: [UInt8] = []
        for message in messages {
            all.append(0)
            for place in 0..<4 { all.append(UInt8(truncatingIfNeeded: message.count >> (24 - 8 * place))) }
            all += message
        }
        var rest = all[...]
        while !rest.isEmpty {
            try await send(bytes: Array(rest.prefix(pieceSize)))
            rest = rest.dropFirst(pieceSize)
        }
    }

    /// Sends bytes as they are.
    func send(bytes: [UInt8]) async throws {
        try await channel.writeInbound(Payload.data(.init(data: .byteBuffer(ByteBuffer(bytes: bytes)))))
    }

    /// Says that no more will come, and waits for the end.
    func end() async throws -> Ended {
        try await channel.writeInbound(Payload.data(.init(data: .byteBuffer(ByteBuffer()), endStream: true)))
        return try await ended()
    }

    /// Waits for the end.
    func ended() async throws -> Ended {
        var ended = Ended()
        var bytes = ByteBuffer()
        while true {
            switch try await channel.waitForOutboundWrite(as: Payload.self) {
            case .data(let data):
                guard case .byteBuffer(var piece) = data.data else { continue }
                bytes.writeBuffer(&piece)
            case .headers(let headers) where headers.endStream:
                while let isPacked = bytes.readInteger(as: UInt8.self), let count = bytes.readInteger(as: UInt32.self) {
                    #expect(isPacked == 0)
                    ended.messages.append(bytes.readBytes(length: Int(count)) ?? [])
                }
                ended.trailers = headers.headers
                return ended
            default: continue
            }
        }
    }

    /// Lets time pass on the call's event loop.
    func advanceTime(seconds: Int64) async { await channel.testingEventLoop.advanceTime(by: .seconds(seconds)) }
}
