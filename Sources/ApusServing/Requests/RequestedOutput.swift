// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// One output a request asks for.
package struct RequestedOutput: Sendable {
    /// The output's name.
    package var name: String
    /// How many of the highest values are wanted as "value:index:label"; 0: the tensor itself.
    package var classificationCount: Int
    /// What else the request says of this output.
    package var parameters: [String: ParameterValue]

    /// Asks for an output.
    package init(name: String, classificationCount: Int = 0, parameters: [String: ParameterValue] = [:]) {
        self.name = name
        self.classificationCount = classificationCount
        self.parameters = parameters
    }
}
