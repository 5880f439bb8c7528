// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusExecution
import ApusGraphs
import ApusONNX
import ApusTensors

/// One model, loaded, written again, compiled and run.
package struct Trial {
    package enum Outcome: String, CaseIterable {
        case refused
        case notRun
        case failed
        case ran
    }

    private let bytes: [UInt8]
    private let seed: UInt64

    /// Tries a model; the seed chooses inputs, stage and instruction set.
    package init(bytes: [UInt8], seed: UInt64) {
        self.bytes = bytes
        self.seed = seed
    }

    /// The most bytes of tensors a model may hold.
    package static let memoryLimitBytes = 128 << 20
    private static let largestInputElementCount = 1 << 18
    private static let timeLimit = Duration.seconds(2)

    /// What became of the model; a trap or a hang does not come back.
    package func outcome() -> Outcome {
        writeAgain()
        var options = Options()
        options.threadCount = 1
        options.memoryLimitBytes = Trial.memoryLimitBytes
        options.stage = [.imported, .simplified, .lowered, .lowered][Int(seed % 4)]
        if seed % 16 == 2 { options.instructionSet = .scalar }
        do {
            let model = try Model(bytes: bytes, options: options)
            guard let inputs = inputs(of: model) else { return .notRun }
            let session = model.makeSession()
            let end = ContinuousClock.now + Trial.timeLimit
            session.underlying.isCancelled = { ContinuousClock.now > end }
            do {
                _ = try session.run(data: inputs)
                return .ran
            } catch { return .failed }
        } catch { return .refused }
    }

    /// Whatever can be read without knowing its operators can be written, and what was written can be read.
    private func writeAgain() {
        guard let model = try? ONNXImporter(catalogue: nil).importModel(bytes: bytes),
            let written = try? ONNXExporter(properties: model.properties).bytes(of: model.graph)
        else { return }
        _ = try? ONNXImporter(catalogue: nil).importModel(bytes: written)
    }

    private func inputs(of model: Model) -> [String: Datum]? {
        var random = SplitMix(state: seed)
        var inputs: [String: Datum] = [:]
        for value in model.plan.inputs {
            guard let datum = try? datum(of: value.type, &random) else { return nil }
            inputs[value.name] = datum
        }
        return inputs
    }

    private func datum(_ type: ElementType, _ sizes: [Int], _ random: inout SplitMix) throws -> Datum? {
        let shape = Shape(sizes)
        let count = try shape.checkedElementCount()
        guard count <= Trial.largestInputElementCount else { return nil }
        if type == .string { return .tensor(try Tensor(strings: Array(repeating: "a", count: count), shape: shape)) }
        var tensor = try MutableTensor(type, shape)
        let limit: UInt8 = type == .bool ? 1 : type.storedBitWidth < 8 ? (1 << UInt8(type.storedBitWidth)) - 1 : 63
        var bytes = tensor.mutableBytes
        for index in 0..<bytes.byteCount {
            let isLow = type.isFloat || index % max(1, type.byteWidth) == 0
            let byte = isLow ? UInt8.random(in: 0...limit, using: &random) : 0
            bytes.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
        }
        return .tensor(tensor.finish())
    }

    private func datum(of type: ValueType, _ random: inout SplitMix) throws -> Datum? {
        switch type {
        case .tensor(let elementType, let dimensions):
            var sizes: [Int] = []
            for dimension in dimensions ?? [2, 3] {
                sizes.append(dimension.value ?? Int.random(in: 1...4, using: &random))
            }
            return try datum(elementType, sizes, &random)
        case .sequence(let element): return try datum(of: element, &random).map { .sequence([$0, $0]) }
        case .optional(let content): return try datum(of: content, &random)
        case .map, .unknown: return nil
        }
    }
}
