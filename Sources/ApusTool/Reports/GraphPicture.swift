// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs

/// A graph as an SVG picture: nodes in layers from the inputs down, long edges bent around the boxes between.
struct GraphPicture {
    /// A box, or a bend of an edge that passes a layer.
    private struct Item {
        var lines: [String]
        var layer: Int
        var isRound = false
        var tip = ""
        var sources: [Int] = []
        var x = 0.0
        /// How far a bend goes straight down, past the boxes of its layer.
        var drop = 0.0

        var isBend: Bool { lines.isEmpty }
        var width: Double { isBend ? 6 : 16 + 6.2 * Double(lines.map(\.count).max() ?? 0) }
        var height: Double { isBend ? drop : 10 + 14 * Double(lines.count) }
    }

    private static let gap = 18.0
    private var items: [Item] = []
    private var layers: [[Int]] = []
    private var tops: [Double] = []

    /// Lays a graph out.
    init(_ graph: Graph, facts: GraphFacts) {
        addBoxes(graph, facts)
        addBends()
        arrange()
    }

    private mutating func addBoxes(_ graph: Graph, _ facts: GraphFacts) {
        var makers: [String: Int] = [:]
        for input in graph.inputs {
            makers[input.name] = items.count
            items.append(Item(lines: [input.name, input.type.description], layer: 0, isRound: true))
        }
        let printer = GraphPrinter(showsTypes: false, inlineElementLimit: 8)
        for node in graph.nodes {
            let sources = Set(node.reads).compactMap { makers[$0] }.sorted()
            let constants = node.inputs.compactMap { name in graph.constants[name].map { "\(name) \($0)" } }
            let outputs = node.outputs.filter { !$0.isEmpty }
            let types = outputs.prefix(2).map { facts.type(of: $0) }.filter { $0 != .unknown }
            var item = Item(
                lines: [node.qualifiedName] + constants.prefix(3) + types.map { "→ \($0)" },
                layer: 1 + (sources.map { items[$0].layer }.max() ?? 0))
            item.tip = printer.text(of: node, in: graph)
            item.sources = sources
            for name in outputs { makers[name] = items.count }
            items.append(item)
        }
        for output in graph.outputs {
            let source = makers[output.name]
            var item = Item(
                lines: [output.name, output.type.description],
                layer: source.map { items[$0].layer + 1 } ?? 1, isRound: true)
            item.sources = source.map { [$0] } ?? []
            items.append(item)
        }
    }

    /// Edges over several layers share one bend in each layer they pass.
    private mutating func addBends() {
        var bends: [[Int]: Int] = [:]
        for index in items.indices {
            items[index].sources = items[index].sources.map { source in
                var last = source
                for layer in stride(from: items[source].layer + 1, to: items[index].layer, by: 1) {
                    if let bend = bends[[source, layer]] {
                        last = bend
                        continue
                    }
                    var bend = Item(lines: [], layer: layer)
                    bend.sources = [last]
                    items.append(bend)
                    last = items.count - 1
                    bends[[source, layer]] = last
                }
                return last
            }
        }
    }

    /// Puts every item below the middle of what it reads.
    private mutating func arrange() {
        layers = Array(repeating: [], count: 1 + (items.map(\.layer).max() ?? 0))
        for (index, item) in items.enumerated() { layers[item.layer].append(index) }
        var top = GraphPicture.gap
        for layer in layers.indices {
            let wanted = layers[layer].map { index -> (index: Int, centre: Double) in
                let sources = items[index].sources.map { items[$0].x + items[$0].width / 2 }
                return (index, sources.isEmpty ? 0 : sources.reduce(0, +) / Double(sources.count))
            }.sorted { ($0.centre, $0.index) < ($1.centre, $1.index) }
            layers[layer] = wanted.map(\.index)
            var edge = -Double.infinity
            for (index, centre) in wanted {
                items[index].x = max(edge, centre - items[index].width / 2)
                edge = items[index].x + items[index].width + GraphPicture.gap
            }
            let excess = wanted.map { items[$0.index].x + items[$0.index].width / 2 - $0.centre }.reduce(0, +)
            let shift = excess / Double(max(1, wanted.count))
            for index in layers[layer] { items[index].x -= shift }
            let height = layers[layer].map { items[$0].height }.max() ?? 0
            for index in layers[layer] { items[index].drop = height }
            tops.append(top)
            top += height + 2 * GraphPicture.gap
        }
        tops.append(top)
        let least = items.map(\.x).min() ?? 0
        for index in items.indices { items[index].x += GraphPicture.gap - least }
    }

    /// The document.
    var svg: String {
        let width = Int(GraphPicture.gap + (items.map { $0.x + $0.width }.max() ?? 0))
        let height = Int(tops.last ?? 0)
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\" "
                + "viewBox=\"0 0 \(width) \(height)\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"11\">",
            "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
        ]
        for item in items { lines += item.sources.map { edge(from: items[$0], to: item) } }
        for item in items where !item.isBend { lines.append(box(item)) }
        return (lines + ["</svg>", ""]).joined(separator: "\n")
    }

    private func edge(from source: Item, to target: Item) -> String {
        let (left, right) = (source.x + source.width / 2, target.x + target.width / 2)
        let (start, end) = (tops[source.layer] + source.height, tops[target.layer])
        let middle = Numbers.fixed((start + end) / 2, 1)
        let (first, last) = (Numbers.fixed(left, 1), Numbers.fixed(right, 1))
        let drop = Numbers.fixed(target.isBend ? target.drop : 0, 1)
        let curve = "C\(first) \(middle) \(last) \(middle) \(last) \(Numbers.fixed(end, 1)) v\(drop)"
        return "<path d=\"M\(first) \(Numbers.fixed(start, 1)) \(curve)\" fill=\"none\" stroke=\"#8899aa\"/>"
    }

    private func box(_ item: Item) -> String {
        let top = tops[item.layer]
        let place = "x=\"\(Numbers.fixed(item.x, 1))\" y=\"\(Numbers.fixed(top, 1))\""
        let size = "width=\"\(Numbers.fixed(item.width, 1))\" height=\"\(Numbers.fixed(item.height, 1))\""
        let look = item.isRound ? "rx=\"12\" fill=\"#fdf3e1\"" : "rx=\"4\" fill=\"#eef3f8\""
        var text = "<g>"
        if !item.tip.isEmpty { text += "<title>\(GraphPicture.escaped(item.tip))</title>" }
        text += "<rect \(place) \(size) \(look) stroke=\"#667788\"/>"
        for (number, line) in item.lines.enumerated() {
            let weight = number == 0 ? " font-weight=\"bold\"" : ""
            let y = Numbers.fixed(top + 16 + 14 * Double(number), 1)
            text +=
                "<text x=\"\(Numbers.fixed(item.x + 8, 1))\" y=\"\(y)\"\(weight)>\(GraphPicture.escaped(line))</text>"
        }
        return text + "</g>"
    }

    private static func escaped(_ text: String) -> String {
        text.map { character in
            switch character {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\n", "\t": " "
            default: character.unicodeScalars.allSatisfy { $0.value >= 0x20 } ? String(character) : "?"
            }
        }.joined()
    }
}
