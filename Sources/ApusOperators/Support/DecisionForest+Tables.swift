// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

extension DecisionForest {
    /// Reads the tables of a `TreeEnsembleClassifier` or `TreeEnsembleRegressor`.
    ///
    /// The prefix is `class` or `target`.
    package init(
        _ node: NodeReader, leafPrefix prefix: String, targetCount: Int
    ) throws(ComputeError) {
        let trees = try node.integers("nodes_treeids")
        let identifiers = try node.integers("nodes_nodeids")
        let features = try node.integers("nodes_featureids")
        let modes = try node.strings("nodes_modes")
        let splits = try node.reals("nodes_values")
        let whenTrue = try node.integers("nodes_truenodeids")
        let whenFalse = try node.integers("nodes_falsenodeids")
        let missing = try node.integers("nodes_missing_value_tracks_true")
        let count = trees.count
        guard
            [identifiers.count, features.count, modes.count, splits.count, whenTrue.count, whenFalse.count]
                .allSatisfy({ $0 == count }), missing.isEmpty || missing.count == count
        else { throw .attribute("the lists 'nodes_*' differ in length") }

        var references: [TableKey: Int] = [:]
        var leaves: [[Weight]] = []
        var nodeCount = 0
        for index in 0..<count {
            let key = TableKey(tree: trees[index], node: identifiers[index])
            guard references[key] == nil else {
                throw .attribute("tree \(key.tree) has two nodes \(key.node)")
            }
            if modes[index] == "LEAF" {
                references[key] = ~leaves.count
                leaves.append([])
            } else {
                references[key] = nodeCount
                nodeCount += 1
            }
        }
        var nodes: [Node] = []
        var roots: [Int] = []
        var rooted: Set<Int> = []
        for index in 0..<count {
            let tree = trees[index]
            let key = TableKey(tree: tree, node: identifiers[index])
            if rooted.insert(tree).inserted, let root = references[key] { roots.append(root) }
            guard modes[index] != "LEAF" else { continue }
            guard let mode = DecisionForest.modeNames[modes[index]],
                let positive = references[TableKey(tree: tree, node: whenTrue[index])],
                let negative = references[TableKey(tree: tree, node: whenFalse[index])]
            else { throw .attribute("node \(key.node) of tree \(tree) has an unknown mode or branch") }
            nodes.append(
                Node(
                    feature: features[index], mode: mode, split: splits[index],
                    missingIsTrue: missing.isEmpty ? false : missing[index] != 0, whenTrue: positive,
                    whenFalse: negative))
        }
        try DecisionForest.fill(&leaves, references, node, prefix)
        try self.init(nodes: nodes, leaves: leaves, roots: roots, targetCount: targetCount)
    }

    private struct TableKey: Hashable {
        var tree: Int
        var node: Int
    }

    private static let modeNames: [String: Mode] = [
        "BRANCH_LEQ": .lessOrEqual, "BRANCH_LT": .less, "BRANCH_GTE": .greaterOrEqual, "BRANCH_GT": .greater,
        "BRANCH_EQ": .equal, "BRANCH_NEQ": .notEqual,
    ]

    private static func fill(
        _ leaves: inout [[Weight]], _ references: [TableKey: Int], _ node: NodeReader, _ prefix: String
    ) throws(ComputeError) {
        let trees = try node.integers(prefix + "_treeids")
        let identifiers = try node.integers(prefix + "_nodeids")
        let targets = try node.integers(prefix + "_ids")
        let weights = try node.reals(prefix + "_weights")
        guard [identifiers.count, targets.count, weights.count].allSatisfy({ $0 == trees.count }) else {
            throw .attribute("the lists '\(prefix)_*' differ in length")
        }
        for index in trees.indices {
            let key = TableKey(tree: trees[index], node: identifiers[index])
            guard let reference = references[key], reference < 0 else { continue }
            leaves[~reference].append(Weight(target: targets[index], value: weights[index]))
        }
    }
}

extension NodeReader {
    /// Numbers given as a list of floats or, with the suffix `_as_tensor`, as a tensor.
    package func reals(_ name: String) throws(ComputeError) -> [Double] {
        if let tensor = try optionalTensor(name + "_as_tensor") { return try tensor.numbers(as: Double.self) }
        return try floats(name).map { Double($0) }
    }
}
