// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusTelemetry
import ApusTensors
import Glibc
import Testing

@Suite(.timeLimit(.minutes(2))) struct ResidencyTests {
    private let folder = TemporaryFolder()

    /// A model with a table of so many bytes in it: `y = table[x]` over `i64[N, 1]`.
    private func weighing(_ byteCount: Int) -> [UInt8] {
        var model = SmallModel.table
        let tensor = SmallModel.number(1, UInt64(byteCount / 8)) + SmallModel.number(2, 7)
        let elements = (0..<byteCount / 8).flatMap { element in (0..<8).map { UInt8(element >> (8 * $0) & 255) } }
        model.constants = [tensor + SmallModel.block(8, Array("table".utf8)) + SmallModel.block(9, elements)]
        return model.bytes
    }

    private func server(
        budget: Int, pinned: Set<String> = [], _ change: (inout RepositoryOptions) -> Void = { _ in }
    ) async throws -> InferenceServer {
        var serving = ServingOptions()
        serving.threadCount = 1
        serving.residency = Residency.Options(budgetBytes: budget)
        serving.residency?.pinned = pinned
        var options = RepositoryOptions(paths: [folder.path])
        change(&options)
        let host = ModelHost(options: serving)
        let repository = ModelRepository(options, host: host)
        try await repository.start()
        return InferenceServer(options: serving, host: host, repository: repository)
    }

    private func request(_ model: String, _ place: Int64) throws -> InferenceRequest {
        InferenceRequest(model: model, inputs: [RequestInput(name: "x", tensor: try Tensor([place], shape: [1, 1]))])
    }

    private func ask(_ server: InferenceServer, _ model: String, _ place: Int64 = 5) async throws -> Int64? {
        try await server.infer(request(model, place)).outputs.first?.tensor.array(of: Int64.self).first
    }

    private func state(_ server: InferenceServer, _ model: String) -> String {
        server.repositoryIndex(onlyReady: false).filter { $0.name == model }.map { "\($0.state) \($0.reason)" }
            .joined(separator: "; ")
    }

    @Test("Models are known at the start, loaded when asked for, and evicted for others, as the index tells")
    func loadsOnRequest() async throws {
        for name in ["a", "b", "c"] { folder.write("\(name)/1/model.onnx", weighing(400_000)) }
        let server = try await server(budget: 1_150_000, pinned: ["c"])
        #expect(server.isReady)
        #expect(state(server, "c") == "READY ")
        #expect(state(server, "a") == "UNAVAILABLE not in memory: its first request loads it")
        #expect(try server.isReady("a", version: ""))
        #expect(try server.isReady("a", version: "1"))
        #expect(try !server.isReady("a", version: "2"))
        #expect(try !server.isReady("nobody", version: ""))
        #expect(try await ask(server, "a") == 5)
        #expect(state(server, "a") == "READY ")
        #expect((400_000..<700_000).contains(server.host.memoryByteCount(of: "a")))
        #expect(try await server.modelMetadata("b", version: "").inputs.first?.name == "x")
        #expect(state(server, "b") == "READY ")
        #expect(state(server, "a").hasPrefix("UNAVAILABLE evicted to stay within the memory budget"))
        #expect(state(server, "c") == "READY ")
        #expect(try await ask(server, "a", 7) == 7)
        #expect(server.metrics.instrument(ResidencyMetrics.loads, "a").value == 2)
        #expect(server.metrics.instrument(ResidencyMetrics.evictions, "a").value == 1)
        #expect(server.metrics.instrument(ResidencyMetrics.evictions, "c").value == 0)
        #expect(server.host.residency?.usedByteCount ?? .max <= 1_150_000)
    }

    @Test("Requests at the same time wait for one load")
    func loadsOnce() async throws {
        folder.write("a/1/model.onnx", weighing(80_000))
        let server = try await server(budget: 1_000_000)
        try await withThrowingTaskGroup(of: Int64?.self) { tasks in
            for _ in 0..<50 { tasks.addTask { try await ask(server, "a") } }
            for try await answer in tasks { #expect(answer == 5) }
        }
        #expect(server.metrics.instrument(ResidencyMetrics.loads, "a").value == 1)
    }

    @Test("A model that alone does not fit is refused with both sizes, and others are served")
    func refuses() async throws {
        folder.write("large/1/model.onnx", weighing(900_000))
        folder.write("small/1/model.onnx", weighing(80_000))
        folder.write("broken/1/model.onnx", [1, 2, 3])
        let server = try await server(budget: 500_000)
        for _ in 0..<2 {
            let error = await #expect(throws: ServingError.self) { try await ask(server, "large") }
            #expect(error?.code == .resourceExhausted)
            #expect(error?.message.contains("more than the memory budget of 500000 bytes") ?? false)
        }
        #expect(try await ask(server, "small") == 5)
        let first = await #expect(throws: ServingError.self) { try await ask(server, "broken") }
        let second = await #expect(throws: ServingError.self) { try await ask(server, "broken") }
        #expect(first?.message.contains("failed to load 'broken'") ?? false)
        #expect(first == second)
        #expect(try !server.isReady("broken", version: ""))
        let unknown = await #expect(throws: ServingError.self) { try await ask(server, "nobody") }
        #expect(unknown?.code == .notFound)
    }

    @Test("A deadline and a cancelled task end the wait for a load")
    func deadline() async throws {
        let clock = ServingClock.manual()
        let options = ServingOptions()
        let residency = Residency(
            Residency.Options(budgetBytes: 100), serving: options, clock: clock, metrics: MetricsRegistry())
        let (loads, begin) = AsyncStream<ResidencyTable.Action>.makeStream()
        residency.connect { begin.yield($0) }
        residency.know("a", byteCount: 10)
        var request = try request("a", 0)
        request.deadline = ContinuousClock.now.advanced(by: .seconds(10))
        let timed = request
        let late = Task { try await residency.enter(timed) }
        for await _ in loads.prefix(1) {}
        let impatient = Task { try await residency.enter("a") }
        impatient.cancel()
        let cancelled = await #expect(throws: ServingError.self) { try await impatient.value }
        #expect(cancelled?.code == .cancelled)
        clock.advance(by: .seconds(11))
        let error = await #expect(throws: ServingError.self) { try await late.value }
        #expect(error?.code == .deadlineExceeded)
        try residency.loaded("a", byteCount: 10, isPinned: false)
        #expect(try await residency.enter("a"))
    }

    @Test("What was loaded and unloaded two hundred times leaves the process as large as it was")
    func givesMemoryBack() async throws {
        folder.write("a/1/model.onnx", weighing(8 << 20))
        var serving = ServingOptions()
        serving.threadCount = 1
        var options = RepositoryOptions(paths: [folder.path])
        options.allowsLoading = true
        let host = ModelHost(options: serving)
        let repository = ModelRepository(options, host: host)
        let server = InferenceServer(options: serving, host: host, repository: repository)
        try await repository.start()
        var early = 0
        for cycle in 0..<200 {
            try await server.load("a", parameters: [:], files: [:])
            #expect(try await ask(server, "a") == 5)
            try await server.unload("a", withDependents: false)
            if cycle == 20 { early = Self.residentBytes }
        }
        // Other tests run beside this one: what it would leave itself is 1.4 GB.
        #expect(Self.residentBytes < early + (300 << 20))
    }

    private static var residentBytes: Int {
        // SAFETY: the file is closed once, and the buffer is as long as the call is told.
        guard let file = unsafe fopen("/proc/self/statm", "r") else { return 0 }
        defer { unsafe _ = fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = unsafe fread(&buffer, 1, buffer.count, file)
        let words = String(decoding: buffer.prefix(count), as: UTF8.self).split(separator: " ")
        return words.count > 1 ? (Int(words[1]) ?? 0) * 4096 : 0
    }
}
