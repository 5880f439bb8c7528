// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Rows whose columns line up.
struct Table {
    /// Which side of its column a text is moved to.
    enum Side {
        case left
        case right
    }

    private let sides: [Side]
    private var rows: [[String]] = []
    private let header: [String]

    /// Makes a table; a header of empty texts is not printed.
    init(_ header: [String], _ sides: [Side]) {
        self.header = header
        self.sides = sides
    }

    /// Appends a row.
    mutating func add(_ row: [String]) { rows.append(row) }

    /// The rows under their header, two spaces between columns.
    var text: String {
        let hasHeader = header.contains { !$0.isEmpty }
        let all = (hasHeader ? [header] : []) + rows
        let widths = sides.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        var lines: [String] = []
        for (index, row) in all.enumerated() {
            var line = ""
            for column in sides.indices {
                let space = String(repeating: " ", count: widths[column] - row[column].count)
                if column > 0 { line += "  " }
                line += sides[column] == .left ? row[column] + space : space + row[column]
            }
            while line.last == " " { line.removeLast() }
            lines.append(index == 0 && hasHeader ? Terminal.styled(line, .bold) : line)
        }
        return lines.joined(separator: "\n")
    }
}
