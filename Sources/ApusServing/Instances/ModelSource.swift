// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import Apus

/// One version of a model, opened and not yet served.
package struct ModelSource: Sendable {
    /// The version's number.
    package var version: Int64
    /// The model, opened with ``ModelHost/engineOptions``.
    package var model: Model

    /// Names a version.
    package init(version: Int64, model: Model) {
        self.version = version
        self.model = model
    }
}
