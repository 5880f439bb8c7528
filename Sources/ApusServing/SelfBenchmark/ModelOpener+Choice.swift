// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusKernels
import ApusProtocol

extension ModelOpener {
    /// Measures a model whose configuration says nothing of batches and instances, and completes it with the best.
    func choose(_ document: ConfigurationReader.Document, _ opened: inout Opened) {
        let given = document.message
        guard let benchmark, given.instanceGroup.isEmpty, given.schedulingChoice == nil, !document.givesMaxBatchSize,
            given.maxBatchSize == 0, given.input.isEmpty, given.output.isEmpty, opened.configuration.maxBatchSize > 0,
            let newest = opened.sources.last,
            let choice = benchmark.choice(for: newest.model, opened.configuration, options: options)
        else { return }
        var configuration = opened.configuration
        // Clients may bring batches of their own, whether they are worth it or not.
        let largest = max(configuration.maxBatchSize, choice.usefulBatch)
        configuration.maxBatchSize = largest
        configuration.batching?.preferredSizes = [largest]
        configuration.instanceCount = choice.instanceCount
        configuration.needs = [ResourceNeed?](repeating: nil, count: choice.instanceCount)
        configuration.message.maxBatchSize = Int32(largest)
        configuration.message.dynamicBatching.preferredBatchSize = [Int32(largest)]
        for index in configuration.message.instanceGroup.indices {
            configuration.message.instanceGroup[index].count = Int32(choice.instanceCount)
        }
        configuration.notes.removeAll { $0.hasPrefix("max_batch_size is ") }
        let instances = choice.instanceCount == 1 ? "1 instance" : "\(choice.instanceCount) instances"
        let threads = choice.threadCount == 1 ? "1 thread" : "\(choice.threadCount) threads"
        configuration.notes.append(
            "\(instances) of \(threads), max_batch_size \(largest): \(choice.reason)")
        if choice.threadCount == 1, options.workers?.threadCount ?? 2 > 1 {
            let workers = WorkerPool(threadCount: 1)
            for index in opened.sources.indices {
                if let alone = opened.sources[index].model.sharing(workers) { opened.sources[index].model = alone }
            }
        }
        opened.configuration = configuration
    }
}
