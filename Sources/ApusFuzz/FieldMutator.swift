// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Changes fields of models and keeps everything around them well formed.
struct FieldMutator {
    private var payloads: [Int: [WireField.Payload]] = [:]
    private static let mostPerField = 4000

    /// Remembers what the fields of a model hold, to put it into other models.
    mutating func learn(_ fields: [WireField], of kind: MessageKind) {
        for field in fields {
            let key = FieldMutator.key(kind, field.number)
            if payloads[key, default: []].count < FieldMutator.mostPerField {
                payloads[key, default: []].append(field.payload)
            }
            if case .message(let inner, let child) = field.payload { learn(inner, of: child) }
        }
    }

    private static func key(_ kind: MessageKind, _ number: Int) -> Int { number * 32 + kind.rawValue }

    /// Changes one field, chosen with equal chances among all.
    func change(_ fields: inout [WireField], _ random: inout SplitMix) {
        let count = WireField.count(fields)
        guard count > 0 else { return }
        var position = Int.random(in: 0..<count, using: &random)
        visit(&fields, of: .model, &position, &random)
    }

    private func visit(
        _ fields: inout [WireField], of kind: MessageKind, _ position: inout Int, _ random: inout SplitMix
    ) {
        for index in fields.indices {
            if position == 0 {
                position = -1
                return change(&fields, at: index, of: kind, &random)
            }
            position -= 1
            if case .message(var inner, let child) = fields[index].payload {
                visit(&inner, of: child, &position, &random)
                if position < 0 {
                    fields[index].payload = .message(inner, child)
                    return
                }
            }
        }
    }

    private func change(
        _ fields: inout [WireField], at index: Int, of kind: MessageKind, _ random: inout SplitMix
    ) {
        let number = fields[index].number
        let siblings = fields.indices.filter { fields[$0].number == number && $0 != index }
        switch Int.random(in: 0..<16, using: &random) {
        case 0: fields.remove(at: index)
        case 1: fields.insert(fields[index], at: index)
        case 2: if let other = siblings.randomElement(using: &random) { fields.swapAt(index, other) }
        case 3: if let other = siblings.randomElement(using: &random) { fields[index] = fields[other] }
        case 4, 5, 6, 7:
            let known = payloads[FieldMutator.key(kind, number)] ?? []
            if let payload = known.randomElement(using: &random) { fields[index].payload = payload }
        case 8:
            let known = payloads[FieldMutator.key(kind, number)] ?? []
            if let payload = known.randomElement(using: &random) {
                fields.insert(WireField(number: number, payload: payload), at: index)
            }
        default: fields[index].payload = changed(fields[index].payload, kind, number, &random)
        }
    }

    private func changed(
        _ payload: WireField.Payload, _ kind: MessageKind, _ number: Int, _ random: inout SplitMix
    ) -> WireField.Payload {
        switch payload {
        case .number(let value): return .number(changed(value, &random))
        case .fixed(let bytes, let wireType):
            let floats: [Float] = [0, -0.0, 1, -1, .infinity, -.infinity, .nan, 1e30, .leastNonzeroMagnitude, 65536]
            guard wireType == 5, let float = floats.randomElement(using: &random) else {
                return .fixed(Bytes.changed(bytes, &random), wireType: wireType)
            }
            return .fixed((0..<4).map { UInt8(truncatingIfNeeded: float.bitPattern >> ($0 * 8)) }, wireType: 5)
        case .bytes(let bytes):
            guard kind.isPacked(number) else {
                let isResized = Int.random(in: 0..<4, using: &random) == 0
                return .bytes(isResized ? Bytes.resized(bytes, &random) : Bytes.changed(bytes, &random))
            }
            return .bytes(changedNumbers(bytes, &random))
        case .message(var fields, let child):
            guard !fields.isEmpty else { return payload }
            change(&fields, at: Int.random(in: fields.indices, using: &random), of: child, &random)
            return .message(fields, child)
        }
    }

    private func changedNumbers(_ bytes: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        var rest = bytes[...]
        var numbers: [UInt64] = []
        while !rest.isEmpty {
            guard let number = WireField.takeNumber(&rest) else { return Bytes.changed(bytes, &random) }
            numbers.append(number)
        }
        let place = Int.random(in: 0...numbers.count, using: &random)
        if place == numbers.count {
            numbers.append(changed(1, &random))
        } else if Int.random(in: 0..<5, using: &random) == 0 {
            numbers.remove(at: place)
        } else {
            numbers[place] = changed(numbers[place], &random)
        }
        return numbers.flatMap(WireField.encoded)
    }

    private func changed(_ value: UInt64, _ random: inout SplitMix) -> UInt64 {
        switch Int.random(in: 0..<6, using: &random) {
        case 0: value &+ 1
        case 1: value &- 1
        case 2: 0 &- value
        case 3, 4: .random(in: 0...30, using: &random)
        default: Bytes.numbers.randomElement(using: &random) ?? 0
        }
    }
}

/// Changes of bytes that know nothing of what they are.
enum Bytes {
    /// Numbers at which code tends to break.
    static let numbers: [UInt64] = [
        0, 1, 2, 3, 7, 0x7F, 0x80, 0xFF, 1 << 12, 0xFFFF, 1 << 20, 0x7FFF_FFFF, 1 << 31, 1 << 32, 1 << 40, 1 << 60,
        1 << 62, UInt64.max >> 1, 1 << 63, .max, .max - 1, .max - 7,
    ]

    static func changed(_ bytes: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        guard !bytes.isEmpty else { return [.random(in: .min ... .max, using: &random)] }
        var result = bytes
        let index = Int.random(in: bytes.indices, using: &random)
        if Bool.random(using: &random) {
            result[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        } else {
            result[index] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
        }
        return result
    }

    static func resized(_ bytes: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        let count = Int.random(in: 0...bytes.count, using: &random)
        return Bool.random(using: &random) ? Array(bytes[..<count]) : bytes + bytes[..<min(count, 4096)]
    }
}
