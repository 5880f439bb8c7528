// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusOperators
import ApusTensors
import Testing

@Suite struct MachineLearningTests {
    private func map(_ keys: Tensor, _ values: Tensor) -> Datum { .map(TensorMap(keys: keys, values: values)) }

    private func run<Kind: Operator>(
        _ kind: Kind.Type, _ attributes: [String: Attribute], _ input: Datum
    ) throws(ComputeError) -> Datum? {
        let node = Node(
            Kind.schema.name, domain: Kind.schema.domain, opset: 1, inputs: ["x"], outputs: ["y"],
            attributes: attributes)
        var outputs = Outputs(wanted: [true], context: EvaluationContext())
        try Kind(NodeReader(node)).run(Inputs([input]), into: &outputs)
        return outputs.values[0]
    }

    @Test("A map becomes a row in the order of a vocabulary or of its keys")
    func maps() throws {
        let keys = try Tensor([4, 1] as [Int64], shape: [2])
        let values = try Tensor([2.5, -1.5] as [Float], shape: [2])
        let row = try run(
            DictVectorizer.self, ["int64_vocabulary": .integers([1, 2, 4])], map(keys, values))?.tensor
        #expect(try row?.array(of: Float.self) == [-1.5, 0, 2.5])
        let dense = try run(CastMap.self, ["cast_to": .string("TO_INT64")], map(keys, values))?.tensor
        #expect(try dense?.array(of: Int64.self) == [-1, 2])
        let sparse: [String: Attribute] = [
            "cast_to": .string("TO_STRING"), "map_form": .string("SPARSE"), "max_map": .integer(3),
        ]
        #expect(try run(CastMap.self, sparse, map(keys, values))?.tensor?.strings == ["0.f", "-1.500000", "0.f"])
        #expect(throws: ComputeError.self) { try run(CastMap.self, [:], .tensor(values)) }
    }

    @Test("Scores become maps whose keys ascend")
    func zipMap() throws {
        let scores = try Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])
        let result = try run(ZipMap.self, ["classlabels_strings": .strings(["b", "a"])], .tensor(scores))
        guard case .sequence(let maps) = result, case .map(let first) = maps.first else {
            Issue.record("no sequence of maps")
            return
        }
        #expect(maps.count == 2)
        #expect(first.keys.strings == ["a", "b"])
        #expect(try first.values.array(of: Float.self) == [2, 1])
        #expect(refusal(ZipMap.self, ["classlabels_int64s": .integers([1])], [scores]) == .shape)
        #expect(refusal(ZipMap.self, [scores]) == .attribute)
    }

    private var stump: [String: Attribute] {
        [
            "nodes_treeids": .integers([0, 0, 0]), "nodes_nodeids": .integers([0, 1, 2]),
            "nodes_featureids": .integers([1, 0, 0]), "nodes_values": .floats([0.5, 0, 0]),
            "nodes_modes": .strings(["BRANCH_LEQ", "LEAF", "LEAF"]), "nodes_truenodeids": .integers([1, 0, 0]),
            "nodes_falsenodeids": .integers([2, 0, 0]), "target_treeids": .integers([0, 0]),
            "target_nodeids": .integers([1, 2]), "target_ids": .integers([0, 0]), "target_weights": .floats([10, 20]),
            "n_targets": .integer(1),
        ]
    }

    @Test("Trees with cycles, gaps and features that are not there are refused")
    func brokenTrees() throws {
        let samples = try ramp([2, 2])
        let fine = try evaluated(TreeEnsembleRegressor.self, opset: 1, stump, [samples])[0]
        #expect(try fine.array(of: Float.self) == [10, 20])
        #expect(refusal(TreeEnsembleRegressor.self, opset: 1, stump, [try ramp([2, 1])]) == .shape)
        var broken = stump
        broken["nodes_truenodeids"] = .integers([0, 0, 0])
        #expect(refusal(TreeEnsembleRegressor.self, opset: 1, broken, [samples]) == .value)
        broken["nodes_truenodeids"] = .integers([9, 0, 0])
        #expect(refusal(TreeEnsembleRegressor.self, opset: 1, broken, [samples]) == .attribute)
        broken["nodes_truenodeids"] = .integers([1])
        #expect(refusal(TreeEnsembleRegressor.self, opset: 1, broken, [samples]) == .attribute)
        var outside = stump
        outside["target_ids"] = .integers([0, 3])
        #expect(refusal(TreeEnsembleRegressor.self, opset: 1, outside, [samples]) == .attribute)
        var negative = stump
        negative["nodes_featureids"] = .integers([-1, 0, 0])
        #expect(refusal(TreeEnsembleRegressor.self, opset: 1, negative, [samples]) == .attribute)
    }

    @Test("Models whose lists do not fit each other are refused")
    func brokenLists() throws {
        let samples = try ramp([2, 3])
        let linear: [String: Attribute] = [
            "coefficients": .floats([1, 2]), "intercepts": .floats([0]), "classlabels_ints": .integers([0, 1]),
        ]
        #expect(refusal(LinearClassifier.self, linear, [samples]) == .shape)
        #expect(
            refusal(LinearRegressor.self, ["coefficients": .floats([1, 2, 3]), "targets": .integer(9)], [samples])
                == .attribute)
        #expect(refusal(Scaler.self, ["offset": .floats([1, 2])], [samples]) == .attribute)
        #expect(refusal(Imputer.self, [samples]) == .attribute)
        #expect(refusal(OneHotEncoder.self, [samples]) == .attribute)
        let machine: [String: Attribute] = [
            "coefficients": .floats([1]), "support_vectors": .floats([1, 2, 3]),
            "vectors_per_class": .integers([1, 9]),
            "rho": .floats([0]), "classlabels_ints": .integers([0, 1]),
        ]
        #expect(refusal(SVMClassifier.self, machine, [samples]) == .attribute)
        #expect(refusal(SVMRegressor.self, ["coefficients": .floats([1])], [samples]) == .attribute)
        let wide: [String: Attribute] = ["inputdimensions": .integers([1 << 31])]
        #expect(refusal(FeatureVectorizer.self, wide, [samples]) == .limit)
        let place = try Tensor([7] as [Int64], shape: [1])
        #expect(refusal(ArrayFeatureExtractor.self, [samples, place]) == .value)
    }

    @Test("An unknown category is an error only where it must be known")
    func unknownCategory() throws {
        let source = try Tensor([1, 2] as [Int64], shape: [2])
        var attributes: [String: Attribute] = ["cats_int64s": .integers([2])]
        let result = try evaluated(OneHotEncoder.self, attributes, [source])[0]
        #expect(try result.array(of: Float.self) == [0, 1])
        attributes["zeros"] = .integer(0)
        #expect(refusal(OneHotEncoder.self, attributes, [source]) == .value)
    }
}
