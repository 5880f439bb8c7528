// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// Reads what ``GraphPrinter`` writes.
package struct GraphParser {
    private var lexer: GraphLexer
    private var token = GraphLexer.Token.end
    private var depth = 0
    private var budgetBytes: Int
    private let elided: (String) -> Tensor?

    /// The graph that a text describes; nodes have no operations yet.
    ///
    /// - Throws: ``GraphTextError``.
    package static func parse(
        _ text: String, limitBytes: Int = 64 << 20, elided: @escaping (String) -> Tensor? = { _ in nil }
    ) throws(GraphTextError) -> Graph {
        var parser = GraphParser(lexer: GraphLexer(text), budgetBytes: limitBytes, elided: elided)
        try parser.advance()
        try parser.expect(word: "graph")
        let graph = try parser.graph(opsets: [:])
        guard parser.token == .end else { throw parser.unexpected("the end") }
        return graph
    }

    /// The graph that a text describes, with operations from a catalogue.
    ///
    /// - Throws: ``GraphTextError``, or ``ComputeError`` for a node the catalogue cannot resolve.
    package static func parse(_ text: String, catalogue: Catalogue) throws -> Graph {
        var graph = try parse(text)
        try graph.resolve(catalogue)
        return graph
    }

    private init(lexer: GraphLexer, budgetBytes: Int, elided: @escaping (String) -> Tensor?) {
        self.lexer = lexer
        self.budgetBytes = budgetBytes
        self.elided = elided
    }

    mutating func advance() throws(GraphTextError) { token = try lexer.next() }
    func unexpected(_ expected: String) -> GraphTextError {
        lexer.error(.syntax, "expected \(expected), found \(token.text)")
    }

    mutating func take(_ mark: String) throws(GraphTextError) -> Bool {
        guard token == .mark(mark) else { return false }
        try advance()
        return true
    }
    mutating func expect(_ mark: String) throws(GraphTextError) {
        guard try take(mark) else { throw unexpected("'\(mark)'") }
    }
    mutating func expect(word: String) throws(GraphTextError) {
        guard token == .word(word) else { throw unexpected("'\(word)'") }
        try advance()
    }

    private mutating func nested<Result>(
        _ body: (inout GraphParser) throws(GraphTextError) -> Result
    ) throws(GraphTextError) -> Result {
        guard depth < 32 else { throw lexer.error(.limit, "nested more than 32 deep") }
        depth += 1
        let result = try body(&self)
        depth -= 1
        return result
    }

    mutating func name() throws(GraphTextError) -> String {
        switch token {
        case .word(let text), .string(let text):
            try advance()
            return text
        default: throw unexpected("a name")
        }
    }

    private mutating func integer() throws(GraphTextError) -> Int {
        guard case .number(let text) = token else { throw unexpected("an integer") }
        guard let value = Int(text) else { throw lexer.error(.number, "'\(text)' is no integer") }
        try advance()
        return value
    }

    private mutating func list<Item>(
        _ open: String, _ close: String, _ item: (inout GraphParser) throws(GraphTextError) -> Item
    ) throws(GraphTextError) -> [Item] {
        try expect(open)
        var items: [Item] = []
        if try take(close) { return items }
        repeat { items.append(try item(&self)) } while try take(",")
        try expect(close)
        return items
    }

    private mutating func graph(opsets: [String: Int]) throws(GraphTextError) -> Graph {
        var graph = Graph()
        if case .string(let name) = token {
            graph.name = name
            try advance()
        }
        let value = { (parser: inout GraphParser) throws(GraphTextError) -> Value in
            let name = try parser.name()
            try parser.expect(":")
            return Value(name, try parser.type())
        }
        graph.inputs = try list("(", ")", value)
        try expect("->")
        graph.outputs = try list("(", ")", value)
        try expect("{")
        var known = opsets
        while try !take("}") {
            switch token {
            case .word("opset"):
                try advance()
                let domain = try name()
                let version = try integer()
                graph.opsets[domain == "ai.onnx" ? "" : domain] = version
                known[domain == "ai.onnx" ? "" : domain] = version
            case .word("const"):
                try advance()
                let name = try name()
                try expect(":")
                let type = try type()
                try expect("=")
                graph.constants[name] = try tensor(type, name)
            default: graph.nodes.append(try node(&graph, known))
            }
        }
        return graph
    }

    private mutating func node(_ graph: inout Graph, _ opsets: [String: Int]) throws(GraphTextError) -> Node {
        var outputs: [String] = []
        if token != .mark("=") {
            repeat {
                if token == .word("_") {
                    try advance()
                    outputs.append("")
                    continue
                }
                let name = try name()
                outputs.append(name)
                if try take(":") { graph.types[name] = try type() }
            } while try take(",")
        }
        try expect("=")
        var domain = ""
        var operatorName = try name()
        if try take("::") {
            domain = operatorName
            operatorName = try name()
        }
        var opset = opsets[domain] ?? 1
        if try take("@") { opset = try integer() }
        let inputs = try list("(", ")") { (parser: inout GraphParser) throws(GraphTextError) -> String in
            if parser.token == .word("_") {
                try parser.advance()
                return ""
            }
            return try parser.name()
        }
        var attributes: [String: Attribute] = [:]
        if token == .mark("{") {
            let pairs = try list("{", "}") {
                (parser: inout GraphParser) throws(GraphTextError) -> (String, Attribute) in
                let name = try parser.name()
                try parser.expect("=")
                let value = try parser.nested { (inner: inout GraphParser) throws(GraphTextError) -> Attribute in
                    try inner.attribute(opsets)
                }
                return (name, value)
            }
            attributes = Dictionary(pairs, uniquingKeysWith: { $1 })
        }
        var label = ""
        if case .string(let text) = token {
            label = text
            try advance()
        }
        return Node(
            operatorName, domain: domain, opset: opset, name: label, inputs: inputs, outputs: outputs,
            attributes: attributes)
    }

    private mutating func attribute(_ opsets: [String: Int]) throws(GraphTextError) -> Attribute {
        switch token {
        case .number(let text):
            if let value = Int64(text) {
                try advance()
                return .integer(value)
            }
            return .float(try float())
        case .word("inf"), .word("nan"): return .float(try float())
        case .string(let text):
            try advance()
            return .string(text)
        case .word("tensor"):
            try advance()
            return .tensor(try tensor(try type(), ""))
        case .word("graph"):
            try advance()
            return .graph(try graph(opsets: opsets))
        case .word("type"):
            try advance()
            return .type(try type())
        case .word(let kind):
            try advance()
            try expect("[")
            try expect("]")
            switch kind {
            case "ints": return .integers([])
            case "floats": return .floats([])
            case "strings": return .strings([])
            case "tensors": return .tensors([])
            case "graphs": return .graphs([])
            case "types": return .types([])
            default: throw lexer.error(.syntax, "'\(kind)' is no kind of attribute")
            }
        case .mark("["):
            let items = try list("[", "]") { (parser: inout GraphParser) throws(GraphTextError) -> Attribute in
                try parser.nested { (inner: inout GraphParser) throws(GraphTextError) -> Attribute in
                    try inner.attribute(opsets)
                }
            }
            guard let joined = Attribute(list: items) else { throw lexer.error(.syntax, "the list mixes kinds") }
            return joined
        default: throw unexpected("an attribute")
        }
    }

    private mutating func float() throws(GraphTextError) -> Float {
        switch token {
        case .number(let text), .word(let text):
            guard let value = Float(text) else { throw lexer.error(.number, "'\(text)' is no number") }
            try advance()
            return value
        default: throw unexpected("a number")
        }
    }

    mutating func type() throws(GraphTextError) -> ValueType {
        try nested { (parser: inout GraphParser) throws(GraphTextError) -> ValueType in try parser.plainType() }
    }

    private mutating func plainType() throws(GraphTextError) -> ValueType {
        if try take("?") { return .unknown }
        let word = try name()
        switch word {
        case "seq", "optional":
            try expect("(")
            let element = try type()
            try expect(")")
            return word == "seq" ? .sequence(element) : .optional(element)
        case "map":
            try expect("(")
            let key = try elementType(try name())
            try expect(",")
            let value = try type()
            try expect(")")
            return .map(key, value)
        default:
            let elementType = try elementType(word)
            try expect("[")
            if try take("...") {
                try expect("]")
                return .tensor(elementType, nil)
            }
            var sizes: [Dimension] = []
            if try take("]") { return .tensor(elementType, sizes) }
            repeat { sizes.append(try size()) } while try take(",")
            try expect("]")
            return .tensor(elementType, sizes)
        }
    }

    private func elementType(_ word: String) throws(GraphTextError) -> ElementType {
        guard let type = ElementType(name: word) else { throw lexer.error(.syntax, "'\(word)' is no element type") }
        return type
    }

    private mutating func size() throws(GraphTextError) -> Dimension {
        if try take("?") { return .unknown }
        var sum: Dimension = 0
        repeat {
            var product: Dimension = 1
            repeat {
                if case .number = token {
                    product = product * Dimension(try integer())
                } else {
                    product = product * Dimension(symbol: try name())
                }
            } while try take("*")
            sum = sum + product
        } while try take("+")
        return sum
    }

    private mutating func tensor(_ type: ValueType, _ name: String) throws(GraphTextError) -> Tensor {
        guard let elementType = type.elementType, let shape = type.shape else {
            throw lexer.error(.syntax, "a constant needs an element type and sizes, not \(type)")
        }
        guard let count = try? shape.checkedElementCount() else { throw lexer.error(.limit, "\(shape) is too large") }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: max(elementType.byteWidth, 16))
        guard !overflow, bytes <= budgetBytes else { throw lexer.error(.limit, "\(type) is too large") }
        budgetBytes -= bytes
        let start = lexer
        switch token {
        case .word("elided"):
            guard let tensor = elided(name), tensor.elementType == elementType, tensor.shape == shape else {
                throw lexer.error(.elided, "the contents of '\(name)' are not in the text")
            }
            try advance()
            return tensor
        case .word("splat"):
            try advance()
            let item = token
            try advance()
            return try make([GraphLexer.Token](repeating: item, count: count), elementType, shape, start)
        case .word("hex"):
            try advance()
            guard case .string(let digits) = token else { throw unexpected("digits in quotes") }
            guard let tensor = Tensor(hex: digits, elementType, shape) else {
                throw lexer.error(.number, "the digits are not \(type)")
            }
            try advance()
            return tensor
        default:
            let items = try list("[", "]") { (parser: inout GraphParser) throws(GraphTextError) -> GraphLexer.Token in
                let item = parser.token
                try parser.advance()
                return item
            }
            return try make(items, elementType, shape, start)
        }
    }

    private func make(
        _ items: [GraphLexer.Token], _ elementType: ElementType, _ shape: Shape, _ start: GraphLexer
    ) throws(GraphTextError) -> Tensor {
        do { return try Tensor(tokens: items, elementType, shape) } catch {
            throw start.error(.number, "\(elementType.name)\(shape): \(error.message)")
        }
    }
}
