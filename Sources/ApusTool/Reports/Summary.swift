// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusConformance
import ApusFormats
import ApusTensors

/// Values in a few lines, or whole as JSON.
enum Summary {
    /// Name, type, range and first elements.
    static func text(_ name: String, _ datum: Datum) -> String {
        switch datum {
        case .tensor(let tensor): return "\(Terminal.styled(name, .bold)): \(tensor)" + detail(tensor)
        case .sequence(let items):
            let shown = items.prefix(8).enumerated().map { "  " + text("\(name)[\($0)]", $1) }
            let rest = items.count > 8 ? ["  ... \(items.count - 8) more"] : []
            return (["\(Terminal.styled(name, .bold)): sequence of \(items.count)"] + shown + rest).joined(
                separator: "\n")
        case .map(let map):
            return "\(Terminal.styled(name, .bold)): map\n  keys \(map.keys)\(detail(map.keys))\n  values \(map.values)"
                + detail(map.values)
        case .none: return "\(Terminal.styled(name, .bold)): none"
        }
    }

    private static func detail(_ tensor: Tensor) -> String {
        let count = min(tensor.elementCount, 8)
        guard count > 0 else { return "" }
        var words = JSONArray.flat(tensor, limit: count).map { element -> String in
            if case .number(let value) = element { return Numbers.short(value) }
            return element.text()
        }
        if tensor.elementCount > count { words.append("...") }
        let numbers = tensor.elementType == .bool ? [] : tensor.doubles() ?? []
        var range = ""
        if numbers.count > 1, let least = numbers.min(), let most = numbers.max() {
            let mean = numbers.reduce(0, +) / Double(numbers.count)
            range = "\n  min \(Numbers.short(least)), mean \(Numbers.short(mean)), max \(Numbers.short(most))"
        }
        return range + "\n  " + words.joined(separator: " ")
    }

    /// The value with all its elements.
    static func json(_ datum: Datum) -> JSONValue {
        switch datum {
        case .tensor(let tensor):
            return .object([
                "type": .string(tensor.elementType.name), "shape": .array(tensor.shape.map { JSONValue($0) }),
                "data": JSONArray.encode(tensor),
            ])
        case .sequence(let items): return .object(["sequence": .array(items.map(json))])
        case .map(let map):
            return .object(["keys": JSONArray.encode(map.keys), "values": JSONArray.encode(map.values)])
        case .none: return .null
        }
    }
}
