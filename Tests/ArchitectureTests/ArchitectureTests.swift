// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

@Suite struct ArchitectureTests {
    /// What each room may import of our own: the arrows of ARCHITECTURE.md.
    private static let arrows: [String: Set<String>] = [
        "ApusTensors": ["CApusFiles"],
        "ApusKernels": ["CApusKernels"],
        "ApusGraphs": ["ApusTensors", "ApusKernels"],
        "ApusOperators": ["ApusGraphs", "ApusKernels", "ApusTensors"],
        "ApusONNX": ["ApusGraphs", "ApusTensors"],
        "ApusPasses": ["ApusGraphs", "ApusOperators", "ApusTensors"],
        "ApusExecution": ["ApusGraphs", "ApusKernels", "ApusOperators", "ApusTensors"],
        "Apus": [
            "ApusExecution", "ApusGraphs", "ApusKernels", "ApusONNX", "ApusOperators", "ApusPasses", "ApusTensors",
        ],
        "ApusConformance": ["Apus", "ApusExecution", "ApusGraphs", "ApusKernels", "ApusONNX", "ApusTensors"],
        "ApusNativeBackends": [
            "ApusExecution", "ApusGraphs", "ApusKernels", "ApusONNX", "ApusTensors", "CApusLoader",
        ],
        "ApusFormats": ["ApusTensors", "CApusArchives", "CApusImages"],
        "ApusFuzz": ["Apus", "ApusExecution", "ApusGraphs", "ApusONNX", "ApusTensors"],
        "ApusTool": [
            "Apus", "ApusConformance", "ApusExecution", "ApusFormats", "ApusGraphs", "ApusKernels",
            "ApusNativeBackends", "ApusONNX", "ApusOperators", "ApusPasses", "ApusServer", "ApusServing",
            "ApusTensors",
        ],
        "ApusTelemetry": [],
        "ApusProtocol": [],
        "ApusServing": [
            "Apus", "ApusExecution", "ApusKernels", "ApusProtocol", "ApusTelemetry", "ApusTensors",
        ],
        "ApusServingTransport": ["ApusServing", "ApusTelemetry", "CApusArchives", "CApusZstd"],
        "ApusServingHTTP": ["ApusProtocol", "ApusServing", "ApusServingTransport", "ApusTelemetry", "ApusTensors"],
        "ApusServingGRPC": ["ApusProtocol", "ApusServing", "ApusServingTransport", "ApusTelemetry", "ApusTensors"],
        "ApusServer": ["ApusServing", "ApusServingGRPC", "ApusServingHTTP", "ApusServingTransport", "ApusTelemetry"],
        "KernelDigestGenerator": [], "OperatorCatalogueGenerator": [],
    ]

    private static let sources = SourceFiles.files(below: "Sources")
    private static let everything = ["Tests", "Plugins", "Fuzz", "Snippets", "Benchmarks/Sources"].reduce(sources) {
        $0 + SourceFiles.files(below: $1)
    }

    /// The modules a file imports.
    private static func imports(_ file: SourceFiles.File) -> [String] {
        file.lines.compactMap { line in
            let words = line.split(separator: " ")
            guard let index = words.firstIndex(of: "import"), index <= 2, words.count > index + 1,
                words[..<index].allSatisfy({ ["public", "package", "internal", "@_exported"].contains($0) })
            else { return nil }
            let last = words[words.count - 1]
            return last.split(separator: ".").first.map(String.init)
        }
    }

    @Test("There are sources to look at")
    func hasSources() {
        #expect(Self.sources.count > 100)
    }

    @Test("Imports follow the arrows")
    func arrows() {
        for file in Self.sources {
            let allowed = Self.arrows[file.room] ?? []
            for name in Self.imports(file) where name.hasPrefix("Apus") || name.hasPrefix("CApus") {
                #expect(allowed.contains(name), "\(file.path) imports \(name)")
            }
        }
    }

    @Test("Every room of Swift has its arrows written down")
    func allRooms() {
        #expect(Set(Self.sources.map(\.room)) == Set(Self.arrows.keys))
    }

    @Test("Nothing uses Foundation, but for the messages that have bytes in them")
    func foundation() {
        for file in Self.sources where file.room != "OperatorCatalogueGenerator" && !file.isGenerated {
            #expect(!Self.imports(file).contains { $0.hasPrefix("Foundation") }, "\(file.path) imports Foundation")
        }
    }

    @Test("Every file begins with the licence")
    func licence() {
        let code = SourceFiles.files(below: "Sources", endings: [".c", ".h", ".inc", ".def"])
        for file in Self.everything + code {
            let first = file.lines.prefix(2).joined(separator: "\n")
            #expect(
                first == "// Part of Apus, Apache-2.0.\n// SPDX-License-Identifier: Apache-2.0",
                "\(file.path) begins otherwise")
        }
        for file in SourceFiles.files(below: "Scripts", endings: [".py", ".sh"]) {
            let lines = file.lines.first?.hasPrefix("#!") ?? false ? file.lines.dropFirst() : file.lines[...]
            #expect(
                Array(lines.prefix(2)) == ["# Part of Apus, Apache-2.0.", "# SPDX-License-Identifier: Apache-2.0"],
                "\(file.path) begins otherwise")
        }
    }

    @Test("No Swift file is longer than 500 lines, and no line of code longer than 120 characters")
    func lengths() {
        for file in Self.everything where !file.isGenerated {
            #expect(file.lines.count <= 501, "\(file.path) has \(file.lines.count) lines")
        }
        let code = SourceFiles.files(below: "Sources", endings: [".c", ".h", ".inc", ".def"])
        let scripts = SourceFiles.files(below: "Scripts", endings: [""])
        for file in Self.everything + code + scripts where !file.path.hasSuffix(".json") && !file.isGenerated {
            for (number, line) in file.lines.enumerated() where line.count > 120 {
                Issue.record("\(file.path):\(number + 1) has \(line.count) characters")
            }
        }
    }

    @Test("Every operator file holds the operator it is named after")
    func operators() {
        let files = Self.sources.filter { $0.room == "ApusOperators" && !$0.path.contains("/Support/") }
        #expect(files.count > 100)
        for file in files {
            let name = file.name.dropLast(".swift".count)
            #expect(
                file.lines.contains {
                    $0.hasPrefix("package struct \(name): ") || $0.hasPrefix("package struct \(name)<")
                },
                "\(file.path) declares no package struct \(name)")
        }
    }

    @Test("No room holds a placeholder, a force try or a note to oneself")
    func leftovers() {
        for file in Self.sources {
            #expect(file.name != "Placeholder.swift", "\(file.path)")
            for (number, line) in file.lines.enumerated()
            where line.contains("try! ") || line.contains("TODO") || line.contains("FIXME") || line.contains(" as! ") {
                Issue.record("\(file.path):\(number + 1): \(line)")
            }
        }
    }

    @Test("Unsafe code says why it is safe")
    func safety() {
        for file in Self.sources where file.lines.contains(where: { $0.contains("unsafe ") }) {
            #expect(file.lines.contains { $0.contains("// SAFETY:") }, "\(file.path)")
        }
    }
}
