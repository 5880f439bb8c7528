// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusExecution
package import ApusONNX

extension EngineError {
    /// The failure of an import.
    package init(_ error: ImportError) {
        let code: Code =
            switch error.code {
            case .file, .externalData: .file
            case .limit: .limit
            case .unsupported, .unknownOperator, .refusedOperator: .unsupported
            case .stalePlan: .stalePlan
            default: .malformedModel
            }
        self.init(code, error.description, cause: error)
    }

    /// The failure of a compilation.
    package init(_ error: PlanError) {
        self.init(.unsupported, error.message, cause: error)
        place(at: error.place)
    }

    /// The failure of a run.
    package init(_ error: RunError) {
        self.init(error.cause)
        cause = error
        place(at: error.place)
    }

    /// The failure of an operation on tensors.
    package init(_ error: ComputeError) {
        let code: Code =
            switch error.code {
            case .elementType: .elementType
            case .shape: .shape
            case .attribute: .malformedModel
            case .value: .value
            case .unsupported: .unsupported
            case .limit: .limit
            case .cancelled: .cancelled
            }
        self.init(code, error.message, cause: error)
    }

    private mutating func place(at place: NodePlace?) {
        node = place?.node
        operatorName = place?.operatorName
        domain = place?.domain
        opset = place?.opset
        if let output = place?.output { value = output }
    }
}
