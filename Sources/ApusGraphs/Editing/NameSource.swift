// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Makes value names that nothing in a graph, around it or below it uses.
package final class NameSource {
    private var taken: Set<String>
    private var next: [String: Int] = [:]

    /// Avoids the given names.
    package init(avoiding names: Set<String>) { taken = names }

    /// A new name that begins with the hint.
    package func fresh(_ hint: String) -> String {
        let base = hint.isEmpty ? "value" : hint
        if taken.insert(base).inserted { return base }
        var number = next[base, default: 1]
        while !taken.insert("\(base)_\(number)").inserted { number += 1 }
        next[base] = number + 1
        return "\(base)_\(number)"
    }
}
