// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusLoader

/// ONNX Runtime's shared library, loaded while the program runs.
@safe
public final class ONNXRuntimeLibrary: @unchecked Sendable {
    // Sendable: everything is set in init, and the library's own objects may be shared between threads.

    /// The library's version.
    public let version: String
    /// The file it was loaded from.
    public let path: String
    let table: ONNXRuntimeTable
    let environment: UnsafeMutableRawPointer
    let memory: UnsafeMutableRawPointer
    let allocator: UnsafeMutableRawPointer

    /// How much a model is rewritten before it runs.
    public enum Optimization: Int32, Sendable {
        /// As it is.
        case none = 0
        /// Constant folding and removal of what has no effect.
        case basic = 1
        /// Fusions too.
        case extended = 2
        /// Everything.
        case all = 99
    }

    /// The lowest version of the function table that has everything used here.
    private static let tableVersion: UInt32 = 17

    private static let search = LibrarySearch(
        name: "ONNX Runtime", fileName: "libonnxruntime.so", variable: "APUS_ONNXRUNTIME_LIBRARY",
        packageFolder: "onnxruntime/capi")

    /// Loads the library from a path or, without one, from where the environment variable
    /// `APUS_ONNXRUNTIME_LIBRARY`, the PyPI package or the system has it.
    ///
    /// - Throws: ``NativeBackendError`` with code `library` that names everything that was tried.
    public init(path: String? = nil) throws(NativeBackendError) {
        let library = unsafe try ONNXRuntimeLibrary.search.open(path)
        // SAFETY: the library exports one function, whose table has the two entries read here.
        guard let symbol = unsafe apus_library_symbol(library, "OrtGetApiBase") else {
            throw NativeBackendError(.library, "\(path ?? "the library") has no OrtGetApiBase; is it ONNX Runtime?")
        }
        var file = [CChar](repeating: 0, count: 4096)
        unsafe apus_library_path(symbol, &file, file.count)
        self.path = String(decoding: file.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        typealias Base = UnsafePointer<UnsafeMutableRawPointer?>
        let getBase = unsafe unsafeBitCast(symbol, to: (@convention(c) () -> Base?).self)
        let base = unsafe getBase()
        guard let base = unsafe base, let getTable = unsafe base[0], let getVersion = unsafe base[1] else {
            throw NativeBackendError(.library, "\(self.path) gives no function table")
        }
        let text = unsafe unsafeBitCast(getVersion, to: (@convention(c) () -> Text?).self)()
        version = unsafe text.map { unsafe String(cString: $0) } ?? "unknown"
        let found = unsafe unsafeBitCast(getTable, to: (@convention(c) (UInt32) -> Base?).self)(
            ONNXRuntimeLibrary.tableVersion)
        guard let found = unsafe found else {
            throw NativeBackendError(
                .library, "\(self.path) is version \(version), which is older than 1.\(ONNXRuntimeLibrary.tableVersion)"
            )
        }
        let table = unsafe ONNXRuntimeTable(found)
        unsafe self.table = table
        unsafe environment = try table.make(.library) { unsafe table.createEnvironment(4, "apus", $0) }
        unsafe memory = try table.make(.library) { unsafe table.createCPUMemory(1, 0, $0) }
        unsafe allocator = try table.make(.library) { unsafe table.defaultAllocator($0) }
    }
}

extension ONNXRuntimeTable {
    /// Throws what a call reports.
    func check(_ status: Handle?, _ code: NativeBackendError.Code) throws(NativeBackendError) {
        // SAFETY: a status is released once, after its message is copied.
        guard let status = unsafe status else { return }
        let message = unsafe errorMessage(status).map { unsafe String(cString: $0) } ?? "no message"
        unsafe releaseStatus(status)
        throw NativeBackendError(code, "ONNX Runtime: " + message)
    }

    /// What a call makes.
    func make(
        _ code: NativeBackendError.Code, _ call: (HandleSlot) -> Handle?
    ) throws(NativeBackendError) -> Handle {
        var handle: Handle?
        // SAFETY: the slot lives on this stack during the call.
        unsafe try check(call(&handle), code)
        guard let made = unsafe handle else { throw NativeBackendError(code, "ONNX Runtime made nothing") }
        return unsafe made
    }

    /// A number a call reports.
    func number<Number: FixedWidthInteger>(
        _ code: NativeBackendError.Code, _ call: (UnsafeMutablePointer<Number>) -> Handle?
    ) throws(NativeBackendError) -> Number {
        var value: Number = 0
        // SAFETY: the number lives on this stack during the call.
        unsafe try check(call(&value), code)
        return value
    }
}
