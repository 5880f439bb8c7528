// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing

/// How the outputs of an answer are to be written.
struct ResponseForm: Sendable {
    /// Where an output goes.
    enum Output: Sendable {
        case json
        case binary
        case shared(SharedMemoryRegion, offset: UInt64, byteCount: UInt64)
    }

    private var outputs: [String: Output] = [:]
    private var isBinaryByDefault: Bool

    /// Every output is binary.
    static let binary = ResponseForm(isBinaryByDefault: true)

    private init(isBinaryByDefault: Bool) { self.isBinaryByDefault = isBinaryByDefault }

    /// The form a request asks for.
    ///
    /// - Throws: ``ServingError`` for regions of shared memory that are unknown or too small for what is asked.
    init(_ wire: WireRequest, _ regions: SharedMemoryRegions) throws(ServingError) {
        isBinaryByDefault = wire.isBinaryByDefault
        for output in wire.outputs {
            if let shared = output.shared {
                let region = try regions.region(shared.region)
                try region.check(offset: shared.offset, byteCount: shared.byteCount)
                outputs[output.name] = .shared(region, offset: shared.offset, byteCount: shared.byteCount)
            } else if let isBinary = output.isBinary {
                outputs[output.name] = isBinary ? .binary : .json
            }
        }
    }

    /// The form of one output.
    subscript(name: String) -> Output {
        if outputs.isEmpty { return isBinaryByDefault ? .binary : .json }
        return outputs[name] ?? (isBinaryByDefault ? .binary : .json)
    }
}
