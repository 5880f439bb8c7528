// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// A string that equals another when their bytes do.
struct ExactString: Hashable {
    private let bytes: [UInt8]

    init(_ text: some StringProtocol) { bytes = Array(text.utf8) }
}
