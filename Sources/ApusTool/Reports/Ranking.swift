// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusConformance
import ApusFormats
import ApusTensors
import Glibc

/// Names of classes by number.
enum Labels {
    /// Reads one name a line, a JSON array, or a JSON object with the keys "0", "1" and so on.
    static func read(_ path: String) throws -> [String] {
        let bytes = try FileBytes.read(path, limit: 1 << 26)
        guard path.hasSuffix(".json") else {
            var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            while lines.last?.isEmpty ?? false { lines.removeLast() }
            return lines.map(String.init)
        }
        do {
            let json = try JSONValue(parsing: bytes)
            if let names = json.array { return names.map { $0.string ?? $0.text() } }
            guard case .object(let members) = json else {
                throw FormatError(.value, "labels are an array or an object")
            }
            var names: [Int: String] = [:]
            for member in members {
                guard let number = Int(member.name), (0..<1 << 24).contains(number) else {
                    throw FormatError(.value, "'\(member.name)' is no class number")
                }
                names[number] = member.value.string ?? member.value.text()
            }
            return (0..<(names.keys.max() ?? -1) + 1).map { names[$0] ?? "" }
        } catch let error as FormatError {
            throw error.within(path)
        }
    }
}

/// The best classes of a classifier's output, for each item of the batch.
struct Ranking {
    /// One class.
    struct Entry {
        var number: Int
        var name: String
        var probability: Double
    }

    private let items: [[Entry]]

    /// Ranks the first output of floats whose last size is the number of classes.
    init(_ results: [(name: String, datum: Datum)], names: [String]?, count: Int) throws {
        let candidates = results.compactMap(\.datum.tensor).filter { tensor in
            guard tensor.elementType.isFloat, let classes = tensor.shape.last, classes > 1 else { return false }
            return names.map { $0.count == classes } ?? true
        }
        guard let tensor = candidates.first, let classes = tensor.shape.last else {
            let wanted = names.map { " of \($0.count) classes" } ?? ""
            throw Failure("no output holds scores\(wanted); outputs are \(results.map { "\($0.name)" })")
        }
        let scores = tensor.doubles() ?? []
        items = stride(from: 0, to: scores.count, by: classes).map { start in
            let probabilities = Ranking.probabilities(Array(scores[start..<start + classes]))
            let order = probabilities.indices.sorted { (probabilities[$1], $0) < (probabilities[$0], $1) }
            return order.prefix(count).map {
                Entry(number: $0, name: names?[$0] ?? "class \($0)", probability: probabilities[$0])
            }
        }
    }

    /// The scores themselves where they are a distribution, or their softmax.
    private static func probabilities(_ scores: [Double]) -> [Double] {
        let sum = scores.reduce(0, +)
        if abs(sum - 1) < 1e-2, scores.allSatisfy({ $0 >= 0 && $0 <= 1 }) { return scores }
        let most = scores.max() ?? 0
        let powers = scores.map { exp($0 - most) }
        let total = powers.reduce(0, +)
        return powers.map { $0 / total }
    }

    /// A line and a bar for each class.
    var text: String {
        items.enumerated().map { index, entries in
            var table = Table(["", "", "", ""], [.left, .right, .left, .left])
            for entry in entries {
                let eighths = Int((entry.probability * 160).rounded())
                let bar =
                    String(repeating: "█", count: eighths / 8)
                    + (eighths % 8 == 0 ? "" : String("▏▎▍▌▋▊▉".dropFirst(eighths % 8 - 1).first ?? " "))
                table.add([
                    "", Numbers.fixed(entry.probability * 100, 2) + " %", Terminal.styled(entry.name, .bold),
                    Terminal.styled(bar, .green),
                ])
            }
            return (items.count > 1 ? "item \(index)\n" : "") + table.text
        }.joined(separator: "\n")
    }

    /// The classes as objects.
    var json: JSONValue {
        .array(
            items.map { entries in
                .array(
                    entries.map { entry in
                        .object([
                            "class": JSONValue(entry.number), "name": .string(entry.name),
                            "probability": .number(entry.probability),
                        ])
                    })
            })
    }
}
