// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// A session's inputs and outputs that are used again from run to run.
///
/// Once a model has run a few times on inputs of the same sizes, setting or writing the inputs by position, running
/// and reading the outputs by position allocates nothing. Outputs of the run before are let go when the next begins;
/// one that is still held elsewhere keeps its memory, and that run takes other memory instead.
///
/// ```swift
/// let bindings = session.makeBindings()
/// try bindings.write(0, shape: [1, 3]) { (input: inout MutableSpan<Float>) in input[0] = 1 }
/// try session.run(bindings)
/// let scores = try bindings.output(0)
/// ```
public final class Bindings {
    /// What the model takes and gives.
    public let signature: Signature
    package private(set) var inputs: [Datum]
    package var outputs: [Datum]
    private var isSet: [Bool]
    /// The memory of inputs that were written here.
    private var storages: [TensorStorage?]

    init(_ signature: Signature) {
        self.signature = signature
        inputs = [Datum](repeating: .none, count: signature.inputs.count)
        outputs = [Datum](repeating: .none, count: signature.outputs.count)
        isSet = [Bool](repeating: false, count: signature.inputs.count)
        storages = [TensorStorage?](repeating: nil, count: signature.inputs.count)
    }

    /// The position of an input by its name.
    public func input(_ name: String) -> Int? { signature.inputs.firstIndex { $0.name == name } }

    /// The position of an output by its name.
    public func output(_ name: String) -> Int? { signature.outputs.firstIndex { $0.name == name } }

    /// Sets an input to a tensor, which is shared and not copied.
    ///
    /// - Throws: ``EngineError`` with code `name` where there is no such input.
    public func set(_ position: Int, to tensor: Tensor) throws(EngineError) {
        try set(position, toData: .tensor(tensor))
    }

    /// Sets an input to a value of any kind.
    ///
    /// - Throws: ``EngineError`` with code `name` where there is no such input.
    public func set(_ position: Int, toData datum: Datum) throws(EngineError) {
        try check(position)
        inputs[position] = datum
        isSet[position] = true
        storages[position] = nil
    }

    /// Writes an input in memory that is used again when it is large enough; its contents are undefined before.
    ///
    /// - Throws: ``EngineError`` with code `name` where there is no such input, `shape` or `limit`.
    public func write<Element: TensorElement>(
        _ position: Int, of type: Element.Type = Element.self, shape: Shape,
        _ body: (inout MutableSpan<Element>) -> Void
    ) throws(EngineError) {
        try check(position)
        inputs[position] = .none
        isSet[position] = false
        do throws(ComputeError) {
            let byteCount = try MutableTensor.byteCount(Element.elementType, shape)
            let storage = try storage(position, byteCount)
            var tensor = MutableTensor(Element.elementType, shape, storage: storage, at: 0)
            var elements = try tensor.elements(of: Element.self)
            body(&elements)
            inputs[position] = .tensor(tensor.finish())
            isSet[position] = true
        } catch {
            throw EngineError(error)
        }
    }

    /// An output of the last run.
    ///
    /// - Throws: ``EngineError`` with code `name` where there is no such output, `elementType` when it is no tensor.
    public func output(_ position: Int) throws(EngineError) -> Tensor {
        guard case .tensor(let tensor) = try outputDatum(position) else {
            throw EngineError(.elementType, "output \(position) is no tensor, or nothing has run yet")
        }
        return tensor
    }

    /// An output of the last run, of any kind; none before the first.
    ///
    /// - Throws: ``EngineError`` with code `name` where there is no such output.
    public func outputDatum(_ position: Int) throws(EngineError) -> Datum {
        guard outputs.indices.contains(position) else {
            throw EngineError(.name, "there is no output \(position); there are \(outputs.count)")
        }
        return outputs[position]
    }

    /// Refuses to go on while an input is missing.
    ///
    /// - Throws: ``EngineError`` with code `name`.
    func checkComplete() throws(EngineError) {
        guard let missing = isSet.firstIndex(of: false) else { return }
        let port = signature.inputs[missing]
        throw EngineError(.name, "input '\(port.name)' is missing; the model takes \(port)", value: port.name)
    }

    private func check(_ position: Int) throws(EngineError) {
        guard inputs.indices.contains(position) else {
            throw EngineError(.name, "there is no input \(position); the model takes \(inputs.count)")
        }
    }

    /// Memory nobody else holds: that of the last time, or new memory.
    private func storage(_ position: Int, _ byteCount: Int) throws(ComputeError) -> TensorStorage {
        if isKnownUniquelyReferenced(&storages[position]), let storage = storages[position],
            storage.byteCount >= byteCount
        {
            return storage
        }
        let storage = try TensorStorage(byteCount: byteCount, zeroed: false, budget: nil)
        storages[position] = storage
        return storage
    }
}
