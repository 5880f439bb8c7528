// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// The name of a sequence as models and messages have it.
enum SequenceName {
    static func text(_ id: SequenceMark.Identifier) -> String {
        switch id {
        case .number(let number): String(number)
        case .text(let text): text
        }
    }

    /// A tensor of one element with the name; nil when the type cannot hold it.
    static func tensor(_ id: SequenceMark.Identifier, _ datatype: Datatype, _ shape: Shape) -> Tensor? {
        if datatype == .bytes { return try? Tensor(strings: [text(id)], shape: shape) }
        guard case .number(let number) = id else { return nil }
        switch datatype {
        case .uint64: return try? Tensor([number], shape: shape)
        case .int64: return Int64(exactly: number).flatMap { try? Tensor([$0], shape: shape) }
        case .uint32: return UInt32(exactly: number).flatMap { try? Tensor([$0], shape: shape) }
        case .int32: return Int32(exactly: number).flatMap { try? Tensor([$0], shape: shape) }
        default: return nil
        }
    }

    /// The types that a model may take the name in.
    static let datatypes: [Datatype] = [.uint64, .int64, .uint32, .int32, .bytes]
}
