// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import Testing

@Suite struct BindingsTests {
    private let session: Session
    private let bindings: Bindings

    init() throws {
        let model = try Model(bytes: SampleModels.doubling)
        session = model.makeSession()
        bindings = session.makeBindings()
    }

    private func write(_ values: [Float]) throws {
        try bindings.write(0, shape: [values.count / 2, 2]) { (input: inout MutableSpan<Float>) in
            for index in input.indices { input[index] = values[index] }
        }
    }

    @Test("Written inputs are run, and outputs read by position")
    func runs() throws {
        for round in 0..<5 {
            let values = (0..<2 * (1 + round % 2)).map { Float($0 + round) }
            try write(values)
            try session.run(bindings)
            let output = try #require(bindings.output("y"))
            #expect(try bindings.output(output).array(of: Float.self) == values.map { 2 * $0 })
            #expect(try bindings.output(1).shape == [values.count / 2, 2])
        }
    }

    @Test("An output that is kept is not overwritten by later runs, nor is an input that is kept")
    func keeps() throws {
        var kept: [Tensor] = []
        for round in 0..<4 {
            try write([Float(round), 1])
            try session.run(bindings)
            kept.append(try bindings.output(0))
        }
        for (round, tensor) in kept.enumerated() {
            #expect(try tensor.array(of: Float.self) == [Float(2 * round), 2])
        }
    }

    private func address(_ tensor: Tensor) -> Int {
        // SAFETY: only the address is kept, as a number.
        unsafe tensor.bytes.withUnsafeBytes { Int(bitPattern: $0.baseAddress) }
    }

    @Test("The memory of inputs and outputs is used again")
    func reuses() throws {
        var places: Set<Int> = []
        for _ in 0..<8 {
            try write([1, 2])
            try session.run(bindings)
            places.insert(address(try bindings.output(0)))
        }
        #expect(places.count == 1)
    }

    @Test("Tensors are shared, and missing inputs and positions that do not exist are refused")
    func refusals() throws {
        #expect(throws: EngineError.self) { try session.run(bindings) }
        #expect(throws: EngineError.self) { try bindings.output(0) }
        let tensor = try Tensor([1, 2] as [Float], shape: [1, 2])
        #expect(throws: EngineError.self) { try bindings.set(1, to: tensor) }
        #expect(throws: EngineError.self) { try bindings.outputDatum(2) }
        try bindings.set(0, to: tensor)
        try session.run(bindings)
        #expect(try bindings.output(0).array(of: Float.self) == [2, 4])
        try bindings.set(0, to: try Tensor([1] as [Float], shape: [1, 1]))
        #expect(throws: EngineError.self) { try session.run(bindings) }
    }
}
