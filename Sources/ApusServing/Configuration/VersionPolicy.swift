// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusProtocol

/// Which of a model's version folders are served.
package enum VersionPolicy: Sendable, Hashable {
    /// So many of the highest numbers.
    case latest(Int)
    case all
    /// These, as far as they are there.
    case specific([Int64])

    /// The policy of a configuration; without one, the highest version is served.
    package init(_ message: Inference_ModelVersionPolicy) {
        switch message.policyChoice {
        case .all: self = .all
        case .specific(let list): self = .specific(list.versions)
        case .latest(let latest): self = .latest(max(1, Int(latest.numVersions)))
        case nil: self = .latest(1)
        }
    }

    /// The versions to serve out of those there are, the lowest first.
    package func select(_ available: [Int64]) -> [Int64] {
        let sorted = available.sorted()
        return switch self {
        case .latest(let count): Array(sorted.suffix(count))
        case .all: sorted
        case .specific(let wanted): sorted.filter(Set(wanted).contains)
        }
    }
}
