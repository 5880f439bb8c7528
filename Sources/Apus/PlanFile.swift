// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusKernels
package import ApusONNX

/// The marks by which a saved plan is known, and which machines may run it.
package enum PlanFile {
    private static let instructionSetKey = "apus.plan.instructions"
    private static let versionKey = "apus.plan.version"
    private static let version = "1"

    /// The properties of a plan made from a model with the given ones.
    package static func marking(_ properties: ModelProperties, instructionSet: InstructionSet) -> ModelProperties {
        var result = properties
        result.metadata.removeAll { $0.key.hasPrefix("apus.plan.") }
        result.metadata.append((versionKey, version))
        result.metadata.append((instructionSetKey, instructionSet.rawValue))
        return result
    }

    /// Whether a model is a saved plan that this machine can run with the given instruction set.
    ///
    /// - Throws: ``EngineError`` with code `unsupported` for a plan of another machine or version.
    package static func isPlan(
        _ properties: ModelProperties, instructionSet: InstructionSet
    ) throws(EngineError) -> Bool {
        func value(_ key: String) -> String? { properties.metadata.first { $0.key == key }?.value }
        guard let version = value(versionKey) else { return false }
        guard version == self.version else {
            throw EngineError(
                .unsupported, "the plan has version \(version), this engine reads version \(self.version)")
        }
        let needed = value(instructionSetKey) ?? "?"
        guard needed == instructionSet.rawValue else {
            throw EngineError(
                .unsupported,
                "the plan was built for \(needed), this run uses \(instructionSet.rawValue): build it again here")
        }
        return true
    }
}
