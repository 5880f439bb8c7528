// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusTensors
import CMachinePeak

/// One thing to measure: a small model, its inputs and what it costs.
struct Case {
    /// What of the machine the case uses up.
    enum Resource {
        case floats
        case bytes
        case memory
    }

    var name: String
    var model: [UInt8]
    var inputs: [String: Tensor]
    var resource: Resource
    /// Operations where arithmetic is used up (a multiply-add is two), bytes where memory is.
    var amount: Double

    /// A case that uses up arithmetic on floats.
    static func products(_ name: String, _ drawing: Drawing, _ output: String, multiplications: Int) -> Case {
        Case(
            name: name, model: drawing.finished(output), inputs: drawing.inputs, resource: .floats,
            amount: 2 * Double(multiplications))
    }

    /// A case that reads and writes so many floats.
    static func traffic(_ name: String, _ drawing: Drawing, _ output: String, floats: Int) -> Case {
        Case(
            name: name, model: drawing.finished(output), inputs: drawing.inputs, resource: .memory,
            amount: 4 * Double(floats))
    }

    /// Loads the case's model.
    func load(_ options: Options) throws -> Apus.Session { try Model(bytes: model, options: options).makeSession() }
}

/// How large the cases are: as in real models, or small enough to count their instructions one by one.
enum Scale {
    case full
    case small

    /// The number for this scale.
    func callAsFunction(_ full: Int, _ small: Int) -> Int { self == .full ? full : small }
}
