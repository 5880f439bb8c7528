// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

extension SmallModel {
    /// `y = x + ... + x`, so many times, over `f32[sizes]`.
    static func multiplying(by factor: Int, _ sizes: [any CustomStringConvertible] = ["N", 2]) -> SmallModel {
        var model = SmallModel()
        var last = "x"
        for step in 1..<max(2, factor) {
            let name = step == factor - 1 || factor < 2 ? "y" : "t\(step)"
            model.nodes.append(factor < 2 ? node("Identity", ["x"], ["y"]) : node("Add", [last, "x"], [name]))
            last = name
        }
        model.inputs = [value("x", 1, sizes)]
        model.outputs = [value("y", 1, sizes)]
        return model
    }

    /// Copies each input to an output: names, type numbers and sizes of the inputs; outputs are called `out_<name>`.
    static func copying(_ ports: [(String, UInt64, [any CustomStringConvertible])]) -> SmallModel {
        var model = SmallModel()
        for (name, type, sizes) in ports {
            model.nodes.append(node("Identity", [name], ["out_\(name)"]))
            model.inputs.append(value(name, type, sizes))
            model.outputs.append(value("out_\(name)", type, sizes))
        }
        return model
    }
}
