// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServer
import ApusServing
import Glibc
import Synchronization
import Testing

@Suite struct ServerProcessTests {
    /// What a server told, in order.
    private final class Events: Sendable {
        let all = Mutex<[ServerEvent]>([])
        let (stream, continuation) = AsyncStream<ServerEvent>.makeStream()

        func add(_ event: ServerEvent) {
            all.withLock { $0.append(event) }
            continuation.yield(event)
        }
    }

    private static func options() -> ServerOptions {
        var options = ServerOptions(repository: RepositoryOptions(paths: []))
        options.httpPort = 0
        options.grpcPort = 0
        options.metricsPort = 0
        options.eventLoopCount = 1
        options.serving.threadCount = 1
        options.lingerTime = .zero
        return options
    }

    @Test(
        "A server opens its ports, and when it is told to stop it is not ready, drains and ends",
        .timeLimit(.minutes(1)))
    func lifecycle() async throws {
        let events = Events()
        let process = ServerProcess(Self.options()) { events.add($0) }
        let left = try await process.run {
            var open = 0
            for await event in events.stream {
                if case .listening = event { open += 1 }
                if open == 3 { return }
            }
        }
        #expect(left == 0)
        #expect(!process.server.isReady)
        let all = events.all.withLock { $0 }
        #expect(all.contains(.stopping(requestCount: 0)))
        #expect(all.last == .stopped(requestCount: 0))
    }

    @Test("A port that is taken is named", .timeLimit(.minutes(1)))
    func taken() async throws {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        // SAFETY: the address has the size that is named.
        let port = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(socket, address, size)
                listen(socket, 1)
                unsafe getsockname(socket, address, &size)
            }
            return unsafe Int(UInt16(bigEndian: pointer.pointee.sin_port))
        }
        var options = Self.options()
        options.httpPort = port
        let process = ServerProcess(options) { _ in }
        let error = await #expect(throws: ServerFailure.self) {
            try await process.run { try? await Task.sleep(for: .seconds(60)) }
        }
        #expect(error?.description.hasPrefix("cannot listen for HTTP on 127.0.0.1:\(port)") == true)
    }

    @Test("Events are said in one line")
    func lines() {
        #expect("\(ServerEvent.listening(protocol: "HTTP", address: "127.0.0.1:8000"))" == "HTTP on 127.0.0.1:8000")
        let loaded = RepositoryEvent.loaded(model: "a", versions: [1, 3], notes: ["one", "two"])
        #expect("\(ServerEvent.model(loaded))" == "model a version 1, 3: one; two")
        #expect("\(ServerEvent.stopping(requestCount: 1))" == "stopping, 1 request under way")
        #expect("\(ServerEvent.stopped(requestCount: 2))" == "stopped, 2 requests not answered")
    }
}
