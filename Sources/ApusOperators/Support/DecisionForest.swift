// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// Decision trees in one array of nodes.
///
/// A reference to a node is its position; a reference to a leaf is the complement of the leaf's position.
package struct DecisionForest: Sendable {
    /// How a node compares a feature with its split.
    package enum Mode: UInt8, Sendable {
        case lessOrEqual
        case less
        case greaterOrEqual
        case greater
        case equal
        case notEqual
        case member
    }

    /// One question.
    package struct Node: Sendable {
        package var feature: Int
        package var mode: Mode
        package var split: Double
        package var members: Set<Double> = []
        package var missingIsTrue: Bool
        package var whenTrue: Int
        package var whenFalse: Int

        package init(
            feature: Int, mode: Mode, split: Double, members: Set<Double> = [], missingIsTrue: Bool, whenTrue: Int,
            whenFalse: Int
        ) {
            self.feature = feature
            self.mode = mode
            self.split = split
            self.members = members
            self.missingIsTrue = missingIsTrue
            self.whenTrue = whenTrue
            self.whenFalse = whenFalse
        }

        func isTrue(_ value: Double) -> Bool {
            if missingIsTrue && value.isNaN { return true }
            return switch mode {
            case .lessOrEqual: value <= split
            case .less: value < split
            case .greaterOrEqual: value >= split
            case .greater: value > split
            case .equal: value == split
            case .notEqual: value != split
            case .member: members.contains(value)
            }
        }
    }

    /// What a leaf adds to one target.
    package struct Weight: Sendable {
        package var target: Int
        package var value: Double

        package init(target: Int, value: Double) {
            self.target = target
            self.value = value
        }
    }

    private let nodes: [Node]
    private let leaves: [[Weight]]
    private let roots: [Int]
    /// The number of values a sample is given.
    package let targetCount: Int
    private let featureCount: Int

    /// Checks that every reference leads somewhere.
    ///
    /// - Throws: ``ComputeError`` with code `attribute`.
    package init(nodes: [Node], leaves: [[Weight]], roots: [Int], targetCount: Int) throws(ComputeError) {
        func leads(_ reference: Int) -> Bool {
            reference >= 0 ? reference < nodes.count : ~reference < leaves.count
        }
        guard roots.allSatisfy(leads), nodes.allSatisfy({ leads($0.whenTrue) && leads($0.whenFalse) }) else {
            throw .attribute("a tree refers to a node it does not have")
        }
        guard nodes.allSatisfy({ $0.feature >= 0 }) else { throw .attribute("a node asks for a negative feature") }
        guard targetCount > 0, leaves.joined().allSatisfy({ (0..<targetCount).contains($0.target) }) else {
            throw .attribute("a leaf adds to a target outside the \(targetCount) there are")
        }
        self.nodes = nodes
        self.leaves = leaves
        self.roots = roots
        self.targetCount = targetCount
        featureCount = (nodes.map(\.feature).max() ?? -1) &+ 1
    }

    /// The number of trees.
    package var treeCount: Int { roots.count }

    /// Checks that samples have every feature a node asks for.
    ///
    /// - Throws: ``ComputeError`` with code `shape`.
    package func check(columns: Int) throws(ComputeError) {
        guard columns >= featureCount else {
            throw .shape("the trees ask for \(featureCount) features, the input has \(columns)")
        }
    }

    /// Adds what one sample's leaves say, target by target; nil where no leaf says anything.
    ///
    /// - Throws: ``ComputeError`` with code `value` when a tree has a cycle.
    package func aggregate(
        _ samples: [Double], from start: Int, _ combine: (Double, Double) -> Double
    ) throws(ComputeError) -> [Double?] {
        var result = [Double?](repeating: nil, count: targetCount)
        for root in roots {
            var reference = root
            var steps = 0
            while reference >= 0 {
                let node = nodes[reference]
                reference = node.isTrue(samples[start + node.feature]) ? node.whenTrue : node.whenFalse
                steps += 1
                guard steps <= nodes.count else { throw .value("a tree has a cycle") }
            }
            for weight in leaves[~reference] {
                result[weight.target] = result[weight.target].map { combine($0, weight.value) } ?? weight.value
            }
        }
        return result
    }
}
