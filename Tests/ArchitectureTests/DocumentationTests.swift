// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

@Suite struct DocumentationTests {
    private static let sources = SourceFiles.files(below: "Sources")

    private static func isPublic(_ line: Substring) -> Bool {
        let words = line.split(separator: " ").drop { $0.hasPrefix("@") }
        return words.first == "public" && words.dropFirst().first != "import" && words.dropFirst().first != "extension"
    }

    @Test("Everything public is described, and everything that throws says what")
    func everyDeclaration() {
        var count = 0
        for file in Self.sources {
            for (number, line) in file.lines.enumerated() where Self.isPublic(line) {
                count += 1
                var comment: [Substring] = []
                for before in file.lines[..<number].reversed() {
                    let text = before.drop { $0 == " " }
                    if text.hasPrefix("///") { comment.append(text) } else if !text.hasPrefix("@") { break }
                }
                #expect(!comment.isEmpty, "\(file.path):\(number + 1) has no comment")
                var declaration = line
                if line.contains("func ") || line.contains("init") {
                    for more in file.lines.dropFirst(number + 1).prefix(6) where !declaration.contains("{") {
                        declaration += more
                    }
                }
                let head = declaration.prefix { $0 != "{" }.replacing("rethrows", with: "")
                let throwsItself = head.split(separator: ")", omittingEmptySubsequences: false).contains {
                    $0.drop { $0 == " " }.hasPrefix("throws") || $0.drop { $0 == " " }.hasPrefix("async throws")
                }
                if throwsItself, line.contains("func ") || line.contains("init") {
                    #expect(comment.contains { $0.contains("Throws:") }, "\(file.path):\(number + 1) says no error")
                }
            }
        }
        #expect(count > 300)
    }

    @Test("The lines of the README and of the documentation are the snippet that is compiled")
    func snippet() throws {
        let snippet = try #require(SourceFiles.files(below: "Snippets").first { $0.name == "TenLines.swift" })
        let lines = snippet.lines.dropFirst(3).filter { !$0.isEmpty }
        #expect(lines.count <= 10)
        for (folder, name) in [(".", "README.md"), ("Sources/Apus", "Apus.md")] {
            let page = try #require(
                SourceFiles.files(below: folder, endings: [name]).filter { $0.name == name }
                    .min { $0.path.count < $1.path.count }, "\(name) is not there")
            for line in lines where !line.hasPrefix("print") || name == "README.md" {
                #expect(page.lines.contains(line), "\(name) lacks: \(line)")
            }
        }
    }

    @Test("Every product's rooms have a catalogue of documentation")
    func catalogues() {
        let pages = SourceFiles.files(below: "Sources", endings: [".md"])
        for room in ["Apus", "ApusConformance", "ApusGraphs", "ApusKernels", "ApusTensors"] {
            #expect(pages.contains { $0.path == "Sources/\(room)/\(room).docc/\(room).md" }, "\(room)")
        }
    }

    @Test("Every public type is in its room's catalogue")
    func topics() {
        let pages = SourceFiles.files(below: "Sources", endings: [".md"])
        for file in Self.sources {
            guard let page = pages.first(where: { $0.path == "Sources/\(file.room)/\(file.room).docc/\(file.room).md" })
            else { continue }
            for line in file.lines where line.hasPrefix("public ") || line.hasPrefix("public indirect ") {
                let words = line.split { " :<{".contains($0) }
                guard let kind = words.firstIndex(where: { ["struct", "class", "enum", "protocol"].contains($0) }),
                    kind + 1 < words.count
                else { continue }
                let name = words[kind + 1]
                #expect(page.lines.contains { $0.contains("``\(name)``") }, "\(name) is not in \(page.path)")
            }
        }
    }
}
