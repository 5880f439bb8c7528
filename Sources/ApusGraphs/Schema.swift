// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What identifies an operator and how many values it reads and makes.
public struct Schema: Sendable {
    /// The operator's name.
    public var name: String
    /// The operator's domain; ONNX's own is the empty string.
    public var domain: String
    /// The first version of the domain that has the operator.
    public var since: Int
    /// How many inputs it takes.
    public var inputs: ClosedRange<Int>
    /// How many outputs it makes.
    public var outputs: ClosedRange<Int>

    /// Makes a schema; `since` is the first version of the domain that has the operator.
    public init(
        _ name: String, domain: String = "", since: Int = 1, inputs: ClosedRange<Int>, outputs: ClosedRange<Int> = 1...1
    ) {
        self.name = name
        self.domain = domain
        self.since = since
        self.inputs = inputs
        self.outputs = outputs
    }
}

extension ClosedRange<Int> {
    /// Any number from `least` upwards.
    public static func atLeast(_ least: Int) -> ClosedRange<Int> { least...Int.max }
}
