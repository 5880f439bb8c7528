// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusTensors

/// A model that is told of sequences, and keeps a sum of what each one sent.
enum SequenceModel {
    /// Over `f32[N, 2]`: `sum = x + before`, `total = sum`, and a copy of each control input as `out_...`: `start`,
    /// `end` and `ready` of `i32[N, 1]`, and the name of the sequence of the given type.
    static func summing(_ type: UInt64 = 13) -> SmallModel {
        var model = plain
        let one: [any CustomStringConvertible] = ["N", 1]
        for (name, kind) in [("start", 6), ("end", 6), ("ready", 6), ("name", type)] as [(String, UInt64)] {
            model.nodes.append(SmallModel.node("Identity", [name], ["out_\(name)"]))
            model.inputs.append(SmallModel.value(name, kind, one))
            model.outputs.append(SmallModel.value("out_\(name)", kind, one))
        }
        return model
    }

    /// The sum alone, without controls.
    static var plain: SmallModel {
        var model = SmallModel()
        let pair: [any CustomStringConvertible] = ["N", 2]
        model.nodes = [
            SmallModel.node("Add", ["x", "before"], ["sum"]), SmallModel.node("Identity", ["sum"], ["total"]),
        ]
        model.inputs = [SmallModel.value("x", 1, pair), SmallModel.value("before", 1, pair)]
        model.outputs = [SmallModel.value("total", 1, pair), SmallModel.value("sum", 1, pair)]
        return model
    }

    /// A policy that keeps nothing, of sequences that no test is too slow for.
    static var patient: SequencePolicy {
        var policy = SequencePolicy()
        policy.maximumIdle = .seconds(600)
        return policy
    }

    /// The policy of the model.
    static func policy(
        _ strategy: SequencePolicy.Strategy = .direct(maximumDelay: .zero, minimumUtilization: 0),
        name datatype: Datatype = .uint64
    ) -> SequencePolicy {
        var policy = patient
        policy.strategy = strategy
        policy.controls = [
            SequencePolicy.Control(input: "start", kind: .start, datatype: .int32, values: [0, 1]),
            SequencePolicy.Control(input: "end", kind: .end, datatype: .int32, values: [-1, 7]),
            SequencePolicy.Control(input: "ready", kind: .ready, datatype: .int32, values: [0, 1]),
            SequencePolicy.Control(input: "name", kind: .identifier, datatype: datatype),
        ]
        policy.states = [SequencePolicy.State(input: "before", output: "sum", datatype: .float32, dimensions: [2])]
        return policy
    }

    /// Loads the model as `m`.
    static func load(
        _ small: SmallServer, _ policy: SequencePolicy = policy(), type: UInt64 = 13, versions: [Int64] = [1],
        maxBatchSize: Int = 4, _ change: (inout ModelConfiguration) -> Void = { _ in }
    ) throws {
        try small.load("m", summing(type), versions: versions, maxBatchSize: maxBatchSize) {
            $0.batching = nil
            $0.sequenceBatching = policy
            $0.outputs = [TensorSpecification(name: "total", datatype: .float32, dimensions: [2])]
            for name in ["start", "end", "ready"] {
                $0.outputs.append(TensorSpecification(name: "out_\(name)", datatype: .int32, dimensions: [1]))
            }
            let datatype = policy.controls.last?.datatype ?? .uint64
            $0.outputs.append(TensorSpecification(name: "out_name", datatype: datatype, dimensions: [1]))
            change(&$0)
        }
    }

    /// A request of a sequence.
    static func request(
        _ value: Float, of id: SequenceMark.Identifier, start: Bool = false, end: Bool = false
    ) throws -> InferenceRequest {
        try SmallServer.request("m", value) { $0.sequence = SequenceMark(id: id, isStart: start, isEnd: end) }
    }
}
