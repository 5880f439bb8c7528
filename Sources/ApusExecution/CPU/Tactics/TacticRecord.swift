// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// What a lowered node says of how it was chosen, in its attributes.
package struct TacticRecord: Equatable {
    /// The ways there were.
    package var names: [String]
    /// The cycles each was expected to take with all threads.
    package var expectedCycles: [Double]
    /// The microseconds each took, where they were measured.
    package var microseconds: [Double] = []
    /// The multiply-adds of the result by its definition.
    package var multiplyAdds: Int
    /// The 10^9 operations a second all threads reach at most, 0 where nothing was measured.
    package var peak = 0.0
    /// The 10^9 cycles a second they were reached with, 0 where nothing was measured.
    package var clock = 0.0

    init(names: [String], expectedCycles: [Double], multiplyAdds: Int) {
        (self.names, self.expectedCycles, self.multiplyAdds) = (names, expectedCycles, multiplyAdds)
    }

    /// Reads the attributes of a node after a prefix; nil where it says nothing.
    package init?(_ node: Node, prefix: String = "") {
        guard case .strings(let names) = node.attributes[prefix + "tactics"],
            case .floats(let cycles) = node.attributes[prefix + "tactic_cycles"], cycles.count == names.count,
            case .integer(let work) = node.attributes[prefix + "tactic_multiply_adds"]
        else { return nil }
        self.init(names: names.map { "\($0)" }, expectedCycles: cycles.map { Double($0) }, multiplyAdds: Int(work))
        guard case .floats(let times) = node.attributes[prefix + "tactic_microseconds"], times.count == names.count,
            case .floats(let limits) = node.attributes[prefix + "tactic_limits"], limits.count == 2
        else { return }
        microseconds = times.map { Double($0) }
        (peak, clock) = (Double(limits[0]), Double(limits[1]))
    }

    /// The microseconds one of the ways was expected to take, where the clock is known.
    package func expectedMicroseconds(_ index: Int) -> Double? {
        clock > 0 ? expectedCycles[index] / clock / 1e3 : nil
    }

    /// The 10^9 operations a second, two for each multiply-add of the definition, that one of the ways was measured at.
    package func rate(_ index: Int) -> Double? {
        guard peak > 0, index < microseconds.count, microseconds[index] > 0 else { return nil }
        return Double(2 * multiplyAdds) / 1e3 / microseconds[index]
    }

    /// The attributes that read back as this.
    var attributes: [String: Attribute] {
        var result: [String: Attribute] = [
            "tactics": .strings(names), "tactic_cycles": .floats(expectedCycles.map { Float($0) }),
            "tactic_multiply_adds": .integer(Int64(multiplyAdds)),
        ]
        if !microseconds.isEmpty {
            result["tactic_microseconds"] = .floats(microseconds.map { Float($0) })
            result["tactic_limits"] = .floats([Float(peak), Float(clock)])
        }
        return result
    }
}
