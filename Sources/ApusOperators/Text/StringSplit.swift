// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Cuts strings at a delimiter or at white space.
package struct StringSplit: Operator {
    package static let schema = Schema("StringSplit", since: 20, inputs: 1...1, outputs: 2...2)

    private let delimiter: [UInt8]
    private let mostSplits: Int

    package init(_ node: NodeReader) throws(ComputeError) {
        delimiter = Array(try node.string("delimiter", default: "").utf8)
        let limit = try node.optionalInteger("maxsplit") ?? -1
        mostSplits = limit < 0 ? .max : limit
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let sizes = inputs.dimensions(0)
        return [.tensor(.string, sizes.map { $0 + [.unknown] }), .tensor(.int64, sizes)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.strings(0)
        let parts = source.strings.map { delimiter.isEmpty ? cutAtSpaces($0) : cutAtDelimiter($0) }
        let longest = parts.map(\.count).max() ?? 0
        let (total, overflow) = parts.count.multipliedReportingOverflow(by: longest)
        guard !overflow else { throw .limit("\(parts.count) times \(longest) strings") }
        try outputs.context.checkStrings(total)
        let padded = parts.flatMap { $0 + [String](repeating: "", count: longest - $0.count) }
        outputs.set(
            0,
            try Tensor(
                strings: padded, shape: Shape(source.shape.dimensions + [longest]), budget: outputs.context.budget))
        outputs.set(1, try Tensor(parts.map { Int64($0.count) }, shape: source.shape))
    }

    private func cutAtDelimiter(_ text: String) -> [String] {
        let bytes = Array(text.utf8)
        var parts: [String] = []
        var start = 0
        var position = 0
        while parts.count < mostSplits, position + delimiter.count <= bytes.count {
            if bytes[position..<(position + delimiter.count)].elementsEqual(delimiter) {
                parts.append(String(decoding: bytes[start..<position], as: UTF8.self))
                position += delimiter.count
                start = position
            } else {
                position += 1
            }
        }
        parts.append(String(decoding: bytes[start...], as: UTF8.self))
        return parts
    }

    private func cutAtSpaces(_ text: String) -> [String] {
        let scalars = Array(text.unicodeScalars)
        var parts: [String] = []
        var position = 0
        while true {
            while position < scalars.count, scalars[position].properties.isWhitespace { position += 1 }
            if position == scalars.count { return parts }
            var part = String.UnicodeScalarView()
            if parts.count == mostSplits {
                part.append(contentsOf: scalars[position...])
                while part.last?.properties.isWhitespace ?? false { part.removeLast() }
                parts.append(String(part))
                return parts
            }
            while position < scalars.count, !scalars[position].properties.isWhitespace {
                part.append(scalars[position])
                position += 1
            }
            parts.append(String(part))
        }
    }
}
