// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

internal import ApusTensors

extension Recipe {
    /// Reads a recipe; `"preset"` names one to begin with and every other key replaces one setting.
    ///
    /// - Throws: ``FormatError`` with code `format` or `value`, naming the key.
    package init(parsing bytes: [UInt8]) throws(FormatError) {
        try self.init(try JSONValue(parsing: bytes))
    }

    /// Reads a recipe from a JSON object.
    ///
    /// - Throws: ``FormatError`` with code `value`, naming the key.
    package init(_ json: JSONValue) throws(FormatError) {
        guard case .object(let members) = json else {
            throw FormatError(.value, "a recipe is a JSON object, not \(json.kind)")
        }
        self.init()
        if let preset = json["preset"] { self = try Recipe.preset(try Recipe.text(preset, "preset")) }
        for member in members {
            do {
                try set(member.name, member.value)
            } catch {
                throw error.within("recipe key \"\(member.name)\"")
            }
        }
        try validate()
    }

    private mutating func set(_ name: String, _ value: JSONValue) throws(FormatError) {
        switch name {
        case "preset", "comment", "input": break
        case "resize": resize = try Recipe.resize(value)
        case "interpolation": interpolation = try Recipe.choice(value, name)
        case "antialias":
            guard case .bool(let truth) = value else { throw FormatError(.value, "expected true or false") }
            antialias = truth
        case "crop": crop = value == .null ? nil : try Recipe.size(value)
        case "colours": colours = try Recipe.choice(value, name)
        case "scale":
            guard let number = value.double else { throw FormatError(.value, "expected a number, got \(value.kind)") }
            scale = number
        case "mean": mean = try Recipe.numbers(value)
        case "std": deviation = try Recipe.numbers(value)
        case "layout": layout = try Recipe.choice(value, name)
        case "labels": labels = try Recipe.text(value, name)
        case "type":
            guard let type = ElementType(name: try Recipe.text(value, name)) else {
                throw FormatError(.value, "\(value.text()) is not an element type")
            }
            elementType = type
        default:
            throw FormatError(
                .value,
                "unknown; known are preset, resize, interpolation, antialias, crop, colours, scale, mean, std, layout, "
                    + "type, labels"
            )
        }
    }

    private static func resize(_ value: JSONValue) throws(FormatError) -> Resize? {
        if value == .null { return nil }
        if let side = value["shorter"]?.int { return .shorterSide(side) }
        let size = try size(value)
        return .exact(width: size.width, height: size.height)
    }

    private static func size(_ value: JSONValue) throws(FormatError) -> Size {
        if let side = value.int { return Size(width: side, height: side) }
        guard let width = value["width"]?.int, let height = value["height"]?.int else {
            throw FormatError(.value, "expected a number of pixels or {\"width\": ..., \"height\": ...}")
        }
        return Size(width: width, height: height)
    }

    private static func text(_ value: JSONValue, _ name: String) throws(FormatError) -> String {
        guard let text = value.string else { throw FormatError(.value, "expected a string, got \(value.kind)") }
        return text
    }

    private static func numbers(_ value: JSONValue) throws(FormatError) -> [Double] {
        let elements = value.array ?? [value]
        let numbers = elements.compactMap(\.double)
        guard numbers.count == elements.count else { throw FormatError(.value, "expected numbers") }
        return numbers
    }

    private static func choice<Choice: RawRepresentable & CaseIterable>(
        _ value: JSONValue, _ name: String
    ) throws(FormatError) -> Choice where Choice.RawValue == String {
        guard let choice = Choice(rawValue: try text(value, name)) else {
            let names = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw FormatError(.value, "\(value.text()) is none of \(names)")
        }
        return choice
    }
}
