// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// What a pass works with beside the graph.
package struct PassContext: Sendable {
    /// Makes the operations of new nodes.
    package var catalogue: Catalogue
    /// Whether nodes may be raised to the newest operator set: the result is for lowering, not for saving.
    package var allowsNewestOpset: Bool
    /// The most bytes a folded value may take beyond the constants it is made from.
    package var foldedByteLimit: Int
    /// Names and sizes that inference is told.
    package var inference: InferenceOptions
    /// Whether the verifier runs after every pass.
    package var verifies: Bool
    /// Hears of every edit and every refusal.
    package var trace: (@Sendable (PassEvent) -> Void)?

    /// Makes a context.
    package init(
        catalogue: Catalogue, allowsNewestOpset: Bool = false, foldedByteLimit: Int = 1 << 20,
        inference: InferenceOptions = InferenceOptions(), trace: (@Sendable (PassEvent) -> Void)? = nil
    ) {
        self.catalogue = catalogue
        self.allowsNewestOpset = allowsNewestOpset
        self.foldedByteLimit = foldedByteLimit
        self.inference = inference
        self.trace = trace
        #if DEBUG
            verifies = true
        #else
            verifies = false
        #endif
    }
}

/// What happened while passes ran.
package enum PassEvent: Hashable, Sendable {
    /// A pass changed a graph.
    case changed(pass: String)
    /// A rule replaced the node that makes a value.
    case replaced(rule: String, value: String)
    /// A rule's pattern fits, its precondition does not hold.
    case refused(rule: String, value: String, reason: String)
}

/// A step that looks at a whole graph and edits it by one patch.
package protocol Pass: Sendable {
    /// The name in messages and traces.
    var name: String { get }

    /// Collects the edits; subgraphs are visited on their own, before the graph that holds them.
    ///
    /// - Throws: ``ComputeError`` when a node that is put in cannot be made.
    func edit(_ index: GraphIndex, _ patch: inout Patch, _ context: PassContext) throws(ComputeError)
}

/// Why a rule leaves a place alone where its pattern fits.
package struct Refusal: Error, Hashable, Sendable {
    /// The precondition that does not hold.
    package var reason: String

    /// Names the precondition that does not hold.
    package init(_ reason: String) { self.reason = reason }
}

/// A law about operators: where the pattern fits and the precondition holds, the replacement is the same and better.
package protocol Rule: Sendable {
    /// The name in messages and traces.
    var name: String { get }
    /// The left side.
    var pattern: Pattern { get }

    /// Collects the replacement.
    ///
    /// - Throws: ``Refusal`` when the precondition does not hold.
    func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal)
}

extension Rule {
    /// The type's name.
    package var name: String { "\(Self.self)" }
}

extension Pass {
    /// The type's name.
    package var name: String { "\(Self.self)" }
}
