// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusTelemetry

/// A model in the hands of its instances; when the last of them has gone, its memory goes back to the system.
///
/// Unchecked: `model` changes in deinit only.
final class HeldModel: @unchecked Sendable {
    private var held: Model?
    private let byteCount: Int
    /// The model, which is there as long as somebody holds this.
    var model: Model? { held }

    init(_ model: Model) {
        held = model
        byteCount = model.weightByteCount
    }

    deinit {
        held = nil
        HeapMemory.noteFreed(byteCount)
    }
}
