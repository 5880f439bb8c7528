// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

public import ApusTensors
import Glibc

/// A model loaded by ONNX Runtime; it may run on several threads at once.
@safe
public final class ONNXRuntimeSession: @unchecked Sendable {
    // Sendable: everything is set in init, and the library lets one session run on several threads.

    /// The names of the inputs, in order.
    public let inputNames: [String]
    /// The names of the outputs, in order.
    public let outputNames: [String]
    let library: ONNXRuntimeLibrary
    private let handle: UnsafeMutableRawPointer
    private let inputTexts: [UnsafePointer<CChar>?]
    private let outputTexts: [UnsafePointer<CChar>?]

    init(
        _ library: ONNXRuntimeLibrary, threadCount: Int?, optimization: ONNXRuntimeLibrary.Optimization,
        _ create: (_ options: UnsafeMutableRawPointer, _ slot: HandleSlot) -> UnsafeMutableRawPointer?
    ) throws(NativeBackendError) {
        // SAFETY: handles are used as the table's functions say and released once.
        let table = unsafe library.table
        let options = unsafe try table.make(.model) { unsafe table.createOptions($0) }
        defer { unsafe table.releaseOptions(options) }
        unsafe try table.check(table.setOptimization(options, optimization.rawValue), .model)
        if let threadCount {
            unsafe try table.check(table.setThreadCount(options, Int32(clamping: threadCount)), .model)
        }
        unsafe try table.check(table.setOuterThreadCount(options, 1), .model)
        unsafe try table.check(table.addSetting(options, "session.intra_op.allow_spinning", "0"), .model)
        let session = unsafe try table.make(.model) { unsafe create(options, $0) }
        do throws(NativeBackendError) {
            let inputs = unsafe try table.number(.model) { unsafe table.inputCount(session, $0) } as Int
            let outputs = unsafe try table.number(.model) { unsafe table.outputCount(session, $0) } as Int
            var inputNames: [String] = []
            for index in 0..<inputs {
                inputNames.append(unsafe try library.name(session, index, table.inputName))
            }
            var outputNames: [String] = []
            for index in 0..<outputs {
                outputNames.append(unsafe try library.name(session, index, table.outputName))
            }
            self.inputNames = inputNames
            self.outputNames = outputNames
        } catch {
            unsafe table.releaseSession(session)
            throw error
        }
        self.library = library
        unsafe handle = session
        unsafe inputTexts = inputNames.map { unsafe UnsafePointer(strdup($0)) }
        unsafe outputTexts = outputNames.map { unsafe UnsafePointer(strdup($0)) }
    }

    deinit {
        // SAFETY: made in init, released once; values that outlive the session keep the library, not the session.
        unsafe library.table.releaseSession(handle)
        unsafe (inputTexts + outputTexts).forEach { unsafe Glibc.free(UnsafeMutablePointer(mutating: $0)) }
    }

    /// Runs the model on inputs by name; the inputs' memory is borrowed, not copied.
    ///
    /// - Throws: ``NativeBackendError`` with code `run` or `unsupported`.
    public func run(_ inputs: [String: Tensor]) throws(NativeBackendError) -> [String: Datum] {
        var ordered: [Datum] = []
        for name in inputNames {
            guard let tensor = inputs[name] else { throw NativeBackendError(.run, "input '\(name)' is missing") }
            ordered.append(.tensor(tensor))
        }
        let outputs = try run(ordered)
        return Dictionary(zip(outputNames, outputs)) { first, _ in first }
    }

    /// Runs the model on inputs in order.
    ///
    /// - Throws: ``NativeBackendError`` with code `run` or `unsupported`.
    public func run(_ inputs: [Datum]) throws(NativeBackendError) -> [Datum] {
        guard inputs.count == inputNames.count else {
            throw NativeBackendError(.run, "\(inputs.count) inputs are given, the model takes \(inputNames.count)")
        }
        var values: [ONNXRuntimeValue] = []
        for input in inputs { values.append(try ONNXRuntimeValue(input, library)) }
        let table = unsafe library.table
        let handles: [UnsafeMutableRawPointer?] = unsafe values.map { unsafe $0.handle }
        var results = unsafe [UnsafeMutableRawPointer?](repeating: nil, count: outputNames.count)
        // SAFETY: the arrays have the counts given, and the values keep the borrowed memory alive until the end.
        let status = unsafe table.run(
            handle, nil, inputTexts, handles, handles.count, outputTexts, results.count, &results)
        withExtendedLifetime(values) {}
        let outputs = unsafe results.map { result in
            unsafe result.map { unsafe ONNXRuntimeValue(taking: $0, library, borrowed: nil) }
        }
        unsafe try table.check(status, .run)
        var data: [Datum] = []
        for output in outputs { data.append(try output?.datum() ?? .none) }
        return data
    }
}

extension ONNXRuntimeLibrary {
    /// Loads a model from a file.
    ///
    /// - Throws: ``NativeBackendError`` with code `model`.
    public func makeSession(
        modelPath: String, threadCount: Int? = nil, optimization: Optimization = .all
    ) throws(NativeBackendError) -> ONNXRuntimeSession {
        unsafe try ONNXRuntimeSession(self, threadCount: threadCount, optimization: optimization) { options, slot in
            // SAFETY: the path is a valid C string for the call.
            unsafe table.createSession(environment, modelPath, options, slot)
        }
    }

    /// Loads a model from bytes, which the library copies.
    ///
    /// - Throws: ``NativeBackendError`` with code `model`.
    public func makeSession(
        bytes: [UInt8], threadCount: Int? = nil, optimization: Optimization = .all
    ) throws(NativeBackendError) -> ONNXRuntimeSession {
        unsafe try ONNXRuntimeSession(self, threadCount: threadCount, optimization: optimization) { options, slot in
            // SAFETY: the bytes are valid for the call.
            unsafe table.createSessionFromBytes(environment, bytes, bytes.count, options, slot)
        }
    }

    fileprivate func name(
        _ session: UnsafeMutableRawPointer, _ index: Int, _ read: ONNXRuntimeTable.Name
    ) throws(NativeBackendError) -> String {
        // SAFETY: the library's string is copied, then given back to its allocator.
        let text = unsafe try table.make(.model) { unsafe read(session, index, allocator, $0) }
        let name = unsafe String(cString: text.assumingMemoryBound(to: CChar.self))
        unsafe try table.check(table.free(allocator, text), .model)
        return name
    }
}
