// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusFormats
import ApusGraphs
import ApusTensors
import Testing

@Suite struct TacticTests {
    private func model(_ folder: Folder) throws -> String {
        let weights = (0..<16 * 16 * 9).map { Float($0 % 23) * 0.01 - 0.1 }
        let type = ValueType.tensor(.float32, [1, 16, 8, 8])
        let graph = Graph(
            name: "window", inputs: [Value("x", type)], outputs: [Value("y", type)],
            nodes: [
                Node(
                    "Conv", opset: 17, name: "window", inputs: ["x", "w"], outputs: ["y"],
                    attributes: ["pads": .integers([1, 1, 1, 1])])
            ],
            constants: ["w": try Tensor(weights, shape: [16, 16, 3, 3])], opsets: ["": 17])
        return try Models.save(graph, folder)
    }

    @Test("build measures tactics and keeps the times; inspect --tactics tells them")
    func tuning() throws {
        let folder = try Folder()
        let (model, plan) = (try model(folder), folder / "model.plan")
        let environment = ["XDG_CACHE_HOME": folder / "cache"]
        var reports: [JSONValue] = []
        for _ in 0..<2 {
            #expect(try Tool.run("build", model, "-o", plan, environment: environment).code == 0)
            reports.append(try Tool.run("inspect", plan, "--tactics", "--json").json)
        }
        let tactics = try #require(reports[0].array?.first?["tactics"]?.array)
        #expect(tactics.compactMap { $0["name"]?.string } == ["indirect", "winograd2", "winograd4"])
        let times = tactics.compactMap { $0["measured_ms"]?.double }
        #expect(times.count == 3 && times.allSatisfy { $0 > 0 })
        #expect(reports[1].array?.first?["tactics"]?.array?.compactMap { $0["measured_ms"]?.double } == times)
        let text = try Tool.run("inspect", plan, "--tactics").output
        #expect(text.contains("winograd") && text.contains("of the peak") && text.contains("*"))
    }

    @Test("build --no-tune measures nothing and says what was expected")
    func untuned() throws {
        let folder = try Folder()
        let plan = folder / "model.plan"
        #expect(try Tool.run("build", try model(folder), "-o", plan, "--no-tune").code == 0)
        let tactics = try Tool.run("inspect", plan, "--tactics", "--json").json.array?.first?["tactics"]?.array
        #expect(try #require(tactics).allSatisfy { $0["measured_ms"] == .null })
        #expect(try Tool.run("inspect", plan, "--tactics").output.contains("nothing was measured"))
        #expect(try Tool.run("inspect", plan, "--tactics", "--graph", "text").code == 64)
    }
}
