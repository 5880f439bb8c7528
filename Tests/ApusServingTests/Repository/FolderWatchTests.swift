// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Testing

/// Changes on disk that the kernel tells of: nothing here waits for a time.
@Suite(.timeLimit(.minutes(2))) struct FolderWatchTests {
    private let folder = TemporaryFolder()

    /// A repository that follows changes and is never due to look by the clock, and what it reports.
    private func following(
        _ path: String? = nil, settleTime: Duration = .zero
    ) async throws -> (ModelRepository, AsyncStream<RepositoryEvent>) {
        var serving = ServingOptions()
        serving.threadCount = 1
        let (events, sink) = AsyncStream<RepositoryEvent>.makeStream()
        var options = RepositoryOptions(paths: [path ?? folder.path])
        options.pollInterval = .seconds(86_400)
        options.settleTime = settleTime
        options.watches = true
        options.report = { sink.yield($0) }
        let repository = ModelRepository(options, host: ModelHost(options: serving))
        try await repository.start()
        return (repository, events)
    }

    private func model(_ factor: Int) -> [UInt8] { SmallModel.multiplying(by: factor).bytes }

    /// Waits until an event of a kind has come.
    private func wait(_ events: AsyncStream<RepositoryEvent>, for wanted: (RepositoryEvent) -> Bool) async {
        for await event in events where wanted(event) { return }
    }

    private func isLoaded(_ name: String, _ version: Int64 = 1) -> (RepositoryEvent) -> Bool {
        { if case .loaded(name, let versions, _) = $0 { versions == [version] } else { false } }
    }

    @Test("A folder that is moved in, a new version and a removed model are followed at once")
    func follows() async throws {
        let other = TemporaryFolder()
        other.write("a/1/model.onnx", model(2))
        let (repository, events) = try await following()
        defer { withExtendedLifetime(repository) {} }
        other.move("a", to: "\(folder.path)/a")
        await wait(events, for: isLoaded("a"))
        folder.write("a/2/model.onnx", model(3))
        await wait(events, for: isLoaded("a", 2))
        folder.remove("a")
        await wait(events) { $0 == .unloaded(model: "a") }
    }

    @Test("A link that is switched, as config maps are, is followed")
    func switchedLink() async throws {
        folder.write("..first/m.onnx", model(2))
        folder.write("..second/m.onnx", model(3))
        folder.link("..data", to: "..first")
        folder.link("m.onnx", to: "..data/m.onnx")
        let (repository, events) = try await following()
        await wait(events, for: isLoaded("m"))
        folder.link("..next", to: "..second")
        folder.move("..next", to: "\(folder.path)/..data")
        await wait(events, for: isLoaded("m"))
        #expect(repository.index(onlyReady: true).map(\.name) == ["m"])
    }

    @Test("A root that is a link is followed when it is switched")
    func switchedRoot() async throws {
        folder.write("one/a/1/model.onnx", model(2))
        folder.write("two/b/1/model.onnx", model(3))
        folder.link("root", to: "one")
        let (repository, events) = try await following("\(folder.path)/root")
        defer { withExtendedLifetime(repository) {} }
        await wait(events, for: isLoaded("a"))
        folder.link("next", to: "two")
        folder.move("next", to: "\(folder.path)/root")
        await wait(events, for: isLoaded("b"))
    }

    @Test("A change is acted on when it has stood still, without another event")
    func settles() async throws {
        let (repository, events) = try await following(settleTime: .milliseconds(50))
        defer { withExtendedLifetime(repository) {} }
        folder.write("a.onnx", model(2))
        await wait(events, for: isLoaded("a"))
    }

    @Test("Folders that are not there are passed over, and new ones are told of")
    func folders() throws {
        let watch = try FolderWatch {}
        folder.makeFolder("a")
        #expect(try watch.watch([folder.path, "\(folder.path)/a", "\(folder.path)/nothing"]))
        #expect(try !watch.watch([folder.path, "\(folder.path)/a"]))
        #expect(try !watch.watch([folder.path]))
        #expect(try watch.watch([folder.path, "\(folder.path)/a"]))
    }
}
