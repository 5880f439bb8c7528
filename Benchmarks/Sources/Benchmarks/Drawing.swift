// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusTensors

/// A small model in the making, with made-up weights and inputs.
struct Drawing {
    /// What a node is told besides its inputs.
    enum Attribute {
        case integer(Int)
        case integers([Int])
        case float(Float)
        case text(String)
    }

    private var graph = Message()
    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    private var count = 0
    private(set) var inputs: [String: Tensor] = [:]

    private static let float = 1
    private static let unsignedByte = 2
    private static let signedByte = 3

    /// The next made-up number from 0 to 1.
    private mutating func random() -> Float {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(state >> 40) / Float(1 << 24)
    }

    private mutating func floats(_ shape: [Int], _ size: Float) -> [Float] {
        (0..<shape.reduce(1, *)).map { _ in (random() * 2 - 1) * size }
    }

    private mutating func name(_ stem: String) -> String {
        count += 1
        return "\(stem)\(count)"
    }

    private mutating func store(_ type: Int, _ shape: [Int], _ data: [UInt8]) -> String {
        let name = name("weight")
        graph.add(5) { tensor in
            for size in shape { tensor.add(1, size) }
            tensor.add(2, type)
            tensor.add(8, name)
            tensor.add(9, data)
        }
        return name
    }

    private mutating func value(_ field: UInt64, _ name: String, _ type: Int, _ shape: [Int]?) {
        graph.add(field) { value in
            value.add(1, name)
            value.add(2) { kind in
                kind.add(1) { tensor in
                    tensor.add(1, type)
                    guard let shape else { return }
                    tensor.add(2) { sizes in
                        for size in shape { sizes.add(1) { $0.add(1, size) } }
                    }
                }
            }
        }
    }

    /// Weights around zero.
    mutating func weight(_ shape: [Int], size: Float = 0.1) -> String {
        store(Self.float, shape, Message.littleEndian(floats(shape, size)))
    }

    /// A number, such as a scale.
    mutating func scalar(_ value: Float) -> String { store(Self.float, [], Message.littleEndian([value])) }

    /// A list of integers, such as a shape.
    mutating func integers(_ values: [Int]) -> String {
        store(
            7, [values.count],
            values.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } })
    }

    /// An 8-bit zero point.
    mutating func zero(signed: Bool) -> String { store(signed ? Self.signedByte : Self.unsignedByte, [], [0]) }

    /// Signed 8-bit weights.
    mutating func bytes(_ shape: [Int]) -> String {
        let data = (0..<shape.reduce(1, *)).map { _ in UInt8(truncatingIfNeeded: Int(random() * 255)) }
        return store(Self.signedByte, shape, data)
    }

    /// An input of 32-bit floats.
    mutating func input(_ shape: [Int]) throws -> String {
        let name = name("input")
        value(11, name, Self.float, shape)
        inputs[name] = try Tensor(floats(shape, 1), shape: Shape(shape))
        return name
    }

    /// An input of unsigned bytes.
    mutating func byteInput(_ shape: [Int]) throws -> String {
        let name = name("input")
        value(11, name, Self.unsignedByte, shape)
        let data = (0..<shape.reduce(1, *)).map { _ in UInt8(random() * 255) }
        inputs[name] = try Tensor(data, shape: Shape(shape))
        return name
    }

    /// Adds a node and gives the name of its first output.
    mutating func node(_ operation: String, _ inputs: [String], _ attributes: [String: Attribute] = [:]) -> String {
        let name = name(operation)
        graph.add(1) { node in
            for input in inputs { node.add(1, input) }
            node.add(2, name)
            node.add(3, name)
            node.add(4, operation)
            for (key, attribute) in attributes.sorted(by: { $0.key < $1.key }) {
                node.add(5) {
                    $0.add(1, key); Self.fill(&$0, attribute)
                }
            }
        }
        return name
    }

    private static func fill(_ message: inout Message, _ attribute: Attribute) {
        switch attribute {
        case .integer(let value):
            message.add(3, value)
            message.add(20, 2)
        case .integers(let values):
            for value in values { message.add(8, value) }
            message.add(20, 7)
        case .float(let value):
            message.add(2, value)
            message.add(20, 1)
        case .text(let value):
            message.add(4, value)
            message.add(20, 3)
        }
    }

    /// The model's bytes, with one output.
    func finished(_ output: String, isBytes: Bool = false, isInteger: Bool = false) -> [UInt8] {
        var copy = self
        copy.graph.add(2, "benchmark")
        copy.value(12, output, isInteger ? 6 : isBytes ? Self.unsignedByte : Self.float, nil)
        var model = Message()
        model.add(1, 8)
        model.add(8) { $0.add(2, 20) }
        model.add(7, copy.graph.bytes)
        return model.bytes
    }
}
