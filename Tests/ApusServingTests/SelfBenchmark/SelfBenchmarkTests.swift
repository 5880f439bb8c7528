// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusProtocol
import ApusServing
import Testing

@Suite struct SelfBenchmarkTests {
    private let folder = TemporaryFolder()

    private func choose(
        _ times: [(rows: Int, nanoseconds: Double)], single: Double? = nil, apart: Double? = nil, threads: Int = 2
    ) -> ServingChoice {
        ServingChoice.choose(.init(times: times, singleThread: single, apart: apart), threadCount: threads)
    }

    @Test("The useful batch is the largest that still gives more in the same time, and takes no longer than it may")
    func usefulBatch() {
        #expect(choose([(1, 10e6), (2, 12e6), (4, 16e6), (8, 31.9e6)]).usefulBatch == 4)
        #expect(choose([(1, 10e6), (2, 20e6)]).usefulBatch == 1)
        #expect(choose([(1, 60e6), (2, 80e6), (4, 110e6)]).usefulBatch == 2)
        #expect(choose([(1, 900e6)]) == choose([(1, 900e6)], apart: 100e6))
    }

    @Test("One instance for each thread is chosen when many gain by it and one alone does not pay for it")
    func instances() {
        let times = [(rows: 1, nanoseconds: 1e6), (rows: 2, nanoseconds: 1.5e6)]
        let apart = choose(times, single: 1.2e6, apart: 1e6)
        #expect(apart.instanceCount == 2 && apart.threadCount == 1)
        #expect(apart.reason.contains("2 rows by all 2 threads together 1.5 ms, by each for itself one in 1.0 ms"))
        let together = choose(times, single: 1.2e6, apart: 1.4e6)
        #expect(together.instanceCount == 1 && together.threadCount == 2)
        let slow = [(rows: 1, nanoseconds: 10e6), (rows: 2, nanoseconds: 15e6)]
        #expect(choose(slow, single: 19e6, apart: 10e6).instanceCount == 1)
        #expect(choose(times, single: 1.2e6, apart: 1e6, threads: 1).instanceCount == 1)
    }

    @Test("A choice is kept as a line, and nonsense in the file is none")
    func lines() {
        let choice = choose([(1, 1e6), (2, 1.5e6)], single: 1e6, apart: 1e6)
        #expect(ServingChoice(line: Substring(choice.line)) == choice)
        for line in ["", "1 2 3", "0 1 1 x", "1 1 99999 x", "a b c d", "1 -1 1 x"] {
            #expect(ServingChoice(line: Substring(line)) == nil)
        }
    }

    private func repository(_ benchmark: SelfBenchmark?) -> (ModelRepository, ModelHost) {
        var serving = ServingOptions()
        serving.threadCount = 1
        var options = RepositoryOptions(paths: ["\(folder.path)/models"])
        options.benchmark = benchmark
        let host = ModelHost(options: serving)
        return (ModelRepository(options, host: host), host)
    }

    @Test("A model without a configuration is measured once on a machine, and the choice is said and shown")
    func measures() async throws {
        folder.write("models/m.onnx", SmallModel.doubling.bytes)
        folder.write("models/given/1/model.onnx", SmallModel.doubling.bytes)
        folder.write("models/given/config.pbtxt", "max_batch_size: 16")
        let cache = UserCache(folder: "\(folder.path)/cache/apus")
        let (first, host) = repository(SelfBenchmark(cache: cache, budget: .milliseconds(20)))
        try await first.start()
        let configuration = try host.configuration("m", version: "")
        let note = try #require(configuration.notes.first { $0.hasPrefix("1 instance of 1 thread, max_batch_size ") })
        #expect(note.contains("rows and their time were 1: "))
        #expect(configuration.maxBatchSize >= 4)
        #expect(Int(configuration.message.maxBatchSize) == configuration.maxBatchSize)
        #expect(configuration.batching?.preferredSizes == [configuration.maxBatchSize])
        #expect(try host.configuration("given", version: "").maxBatchSize == 16)
        // What was measured before is believed, whatever it would be now.
        let name = try #require(try cache.read(fileName(host)))
        let kept = name.split(separator: "\n")
        #expect(kept.count == 2)
        cache.write(try fileName(host), "\(kept[0])\n1 1 32 it was so\n")
        let (second, other) = repository(SelfBenchmark(cache: cache, budget: .milliseconds(20)))
        try await second.start()
        #expect(try other.configuration("m", version: "").maxBatchSize == 32)
        #expect(
            try other.configuration("m", version: "").notes.contains(
                "1 instance of 1 thread, max_batch_size 32: it was so"))
        var options = Options()
        options.threadCount = 1
        let reports = try ConfigurationReport.reports(
            at: "\(folder.path)/models/m.onnx", options: options,
            benchmark: SelfBenchmark(cache: cache, budget: .milliseconds(20)))
        #expect(reports.first?.notes.contains { $0.hasSuffix("max_batch_size 32: it was so") } ?? false)
        let (third, plain) = repository(nil)
        try await third.start()
        #expect(try plain.configuration("m", version: "").maxBatchSize == 4)
    }

    private func fileName(_ host: ModelHost) throws -> String {
        let model = try Model(bytes: SmallModel.doubling.bytes, options: host.engineOptions)
        return "serving-\(model.structureDigest).txt"
    }

    @Test("Models of strings are served as usual")
    func unmeasurable() throws {
        let benchmark = SelfBenchmark(cache: nil, budget: .milliseconds(20))
        let host = repository(nil).1
        for (model, datatype) in [(SmallModel.text, Datatype.bytes)] {
            var configuration = ModelConfiguration(name: "m")
            configuration.maxBatchSize = 4
            configuration.inputs = [TensorSpecification(name: "x", datatype: datatype, dimensions: [-1])]
            let opened = try Model(bytes: model.bytes, options: host.engineOptions)
            #expect(benchmark.choice(for: opened, configuration, options: host.engineOptions) == nil)
        }
    }
}
