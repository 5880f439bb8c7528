// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusExecution
import ApusGraphs
import ApusKernels
import ApusNativeBackends
import ApusTensors
import Testing

@Suite struct ONNXRuntimeTests {
    /// The library, where this machine has one.
    private static let library: ONNXRuntimeLibrary? = try? ONNXRuntimeLibrary()

    private static let reason: Comment = "ONNX Runtime is not on this machine; APUS_ONNXRUNTIME_LIBRARY can name it"

    private func prepared(_ graph: Graph) throws -> any ApusExecution.Session {
        let library = try #require(ONNXRuntimeTests.library)
        let options = PlanOptions(workers: WorkerPool(threadCount: 1), catalogue: Catalogue([]))
        return try ONNXRuntimeBackend(library).prepare(graph, options: options).makeSession()
    }

    private func unary(_ name: String, _ type: ElementType, domain: String = "", opset: Int = 21) -> Graph {
        Graph(
            inputs: [Value("x", .tensor(type, nil))], outputs: [Value("y", .tensor(type, nil))],
            nodes: [Node(name, domain: domain, opset: opset, inputs: ["x"], outputs: ["y"])], opsets: ["": 21])
    }

    private func narrow(_ type: ElementType, _ bytes: [UInt8]) throws -> Tensor {
        var tensor = try MutableTensor(type, [bytes.count])
        var patterns = try tensor.patterns(of: UInt8.self)
        for (index, byte) in bytes.enumerated() { patterns[index] = byte }
        return tensor.finish()
    }

    @Test("a missing library is an error that names what was looked for")
    func missingLibrary() {
        let error = #expect(throws: NativeBackendError.self) {
            try ONNXRuntimeLibrary(path: "/nowhere/libonnxruntime.so")
        }
        #expect(error?.code == .library)
        #expect(error?.message.contains("/nowhere/libonnxruntime.so") == true)
        #expect(error?.message.contains("APUS_ONNXRUNTIME_LIBRARY") == true)
    }

    @Test("another library is an error, not a crash")
    func wrongLibrary() {
        let error = #expect(throws: NativeBackendError.self) { try ONNXRuntimeLibrary(path: "libc.so.6") }
        #expect(error?.message.contains("OrtGetApiBase") == true)
    }

    @Test("a file that is no library is an error that says so")
    func noLibrary() {
        let error = #expect(throws: NativeBackendError.self) { try ONNXRuntimeLibrary(path: #filePath) }
        #expect(error?.code == .library)
        #expect(error?.message.contains(#filePath) == true)
    }

    @Test("a library without functions, or that has only older ones, is an error with its version")
    func oldLibrary() throws {
        let folder = try CompiledLibraries()
        let empty = try folder.build(
            "empty", "void *OrtGetApiBase(void) { static void *base[2]; return base; }")
        let refused = #expect(throws: NativeBackendError.self) { try ONNXRuntimeLibrary(path: empty) }
        #expect(refused?.message.contains("\(empty) gives no function table") == true)
        let old = try folder.build(
            "old",
            """
            static const void *table(unsigned version) { (void)version; return 0; }
            static const char *name(void) { return "1.16.3"; }
            static void *base[2];
            void *OrtGetApiBase(void) { base[0] = (void *)table; base[1] = (void *)name; return base; }
            """)
        let error = #expect(throws: NativeBackendError.self) { try ONNXRuntimeLibrary(path: old) }
        #expect(error?.code == .library)
        #expect(error?.message == "\(old) is version 1.16.3, which is older than 1.17")
    }

    @Test("inputs are borrowed where they lie, and outputs are lent", .enabled(if: library != nil, reason))
    func borrowing() throws {
        let library = try #require(ONNXRuntimeTests.library)
        let tensor = try Tensor((0..<1000).map { Float($0) }, shape: [10, 100])
        let value = try ONNXRuntimeValue(.tensor(tensor), library)
        // SAFETY: addresses are only compared.
        let isBorrowed = unsafe try value.address == UnsafeRawPointer(tensor.baseAddress)
        #expect(isBorrowed)
        let lent = try #require(try value.datum().tensor)
        let isLent = unsafe lent.baseAddress == tensor.baseAddress
        #expect(isLent)
        let packed = try narrow(.int4, [1, 2])
        let copied = try ONNXRuntimeValue(.tensor(packed), library)
        let isCopied = unsafe try copied.address != UnsafeRawPointer(packed.baseAddress)
        #expect(isCopied)
    }

    @Test("carries elements of 4 and 2 bits and shared exponents", .enabled(if: library != nil, reason))
    func narrowTypes() throws {
        let library = try #require(ONNXRuntimeTests.library)
        for (type, bytes) in [
            (ElementType.int4, [7, 15, 8]), (.uint4, [0, 15, 8]), (.float4E2M1, [1, 9, 15]), (.int2, [1, 3, 2]),
            (.uint2, [0, 3, 2]), (.float8E8M0, [127, 0, 255]),
        ] as [(ElementType, [UInt8])] {
            let value = try ONNXRuntimeValue(.tensor(narrow(type, bytes)), library)
            let back = try #require(try value.datum().tensor)
            #expect(back.elementType == type && back.shape == [3])
            let patterns = try back.patterns(of: UInt8.self)
            for (index, byte) in bytes.enumerated() {
                let found = patterns[index]
                #expect(found == byte, "\(type)")
            }
        }
    }

    @Test("carries empty sequences and absent optionals", .enabled(if: library != nil, reason))
    func blanks() throws {
        let sequence = ValueType.sequence(.tensor(.float32, nil))
        let graph = Graph(
            inputs: [Value("x", sequence)], outputs: [Value("y", .tensor(.int64, []))],
            nodes: [Node("SequenceLength", opset: 17, inputs: ["x"], outputs: ["y"])], opsets: ["": 17])
        #expect(try prepared(graph).run([.sequence([])])[0].tensor?.integers() == [0])
        for type in [ValueType.tensor(.float32, [2]), sequence] {
            let graph = Graph(
                inputs: [Value("x", .optional(type))], outputs: [Value("y", .tensor(.bool, []))],
                nodes: [Node("OptionalHasElement", opset: 18, inputs: ["x"], outputs: ["y"])], opsets: ["": 18])
            #expect(try prepared(graph).run([.none])[0].tensor?.array(of: Bool.self) == [false])
        }
        let present = Graph(
            inputs: [Value("x", .optional(sequence))], outputs: [Value("y", .tensor(.bool, []))],
            nodes: [Node("OptionalHasElement", opset: 18, inputs: ["x"], outputs: ["y"])], opsets: ["": 18])
        #expect(try prepared(present).run([.sequence([])])[0].tensor?.array(of: Bool.self) == [true])
    }

    @Test("runs a graph and lends its output", .enabled(if: library != nil, reason))
    func running() throws {
        let graph = Graph(
            inputs: [Value("x", .tensor(.float32, [2]))], outputs: [Value("y", .tensor(.float32, [2]))],
            nodes: [Node("Mul", opset: 21, inputs: ["x", "w"], outputs: ["y"])],
            constants: ["w": try Tensor([3, 4] as [Float], shape: [2])], opsets: ["": 21])
        var session: (any ApusExecution.Session)? = try prepared(graph)
        let output = try session?.run([.tensor(Tensor([2, 10] as [Float], shape: [2]))]).first?.tensor
        session = nil
        #expect(try output?.array(of: Float.self) == [6, 40])
    }

    @Test(
        "carries every element type the library has", .enabled(if: library != nil, reason),
        arguments: [
            ElementType.float32, .float64, .float16, .bfloat16, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32,
            .uint64, .bool, .float8E4M3FN,
        ])
    func elementTypes(_ type: ElementType) throws {
        var tensor = try MutableTensor(type, [3])
        var bytes = tensor.mutableBytes
        for index in 0..<bytes.byteCount where type != .bool || index == 1 {
            bytes.storeBytes(of: UInt8(index % 7 + (type == .bool ? 0 : 1)), toByteOffset: index, as: UInt8.self)
        }
        let input = tensor.finish()
        let output = try #require(try prepared(unary("Identity", type)).run([.tensor(input)]).first?.tensor)
        #expect(output.elementType == type)
        #expect(output.shape == [3])
        let sent = input.bytes
        let received = output.bytes
        for index in 0..<sent.byteCount {
            // SAFETY: the index lies in both, and bytes of any value are valid.
            let isSame =
                unsafe sent.unsafeLoad(fromByteOffset: index, as: UInt8.self)
                == received.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            #expect(isSame)
        }
    }

    @Test("carries strings, empty and rank-0 tensors", .enabled(if: library != nil, reason))
    func unusual() throws {
        let strings = try Tensor(strings: ["a", "", "grün"], shape: [3])
        #expect(try prepared(unary("Identity", .string)).run([.tensor(strings)])[0].tensor?.strings == strings.strings)
        let empty = try Tensor([] as [Float], shape: [0, 2])
        #expect(try prepared(unary("Identity", .float32)).run([.tensor(empty)])[0].tensor?.shape == [0, 2])
        let scalar = try Tensor(scalar: Float(2))
        #expect(try prepared(unary("Identity", .float32)).run([.tensor(scalar)])[0].tensor?.shape == .scalar)
    }

    @Test("carries sequences", .enabled(if: library != nil, reason))
    func sequences() throws {
        let type = ValueType.sequence(.tensor(.int64, nil))
        let graph = Graph(
            inputs: [Value("x", type)], outputs: [Value("y", type)],
            nodes: [Node("Identity", opset: 21, inputs: ["x"], outputs: ["y"])], opsets: ["": 21])
        let one = Datum.tensor(try Tensor([1, 2] as [Int64], shape: [2]))
        guard case .sequence(let elements) = try prepared(graph).run([.sequence([one, one])])[0] else {
            Issue.record("no sequence came back")
            return
        }
        #expect(elements.count == 2)
        #expect(try elements[1].tensor?.integers() == [1, 2])
    }

    @Test("refusals of models and inputs are errors", .enabled(if: library != nil, reason))
    func refusals() throws {
        let bogus = unary("Bogus", .float32, domain: "com.example", opset: 1)
        #expect(throws: PlanError.self) { try prepared(bogus) }
        let session = try prepared(unary("Identity", .float32))
        #expect(throws: RunError.self) { try session.run([.tensor(Tensor([1] as [Int64], shape: [1]))]) }
        #expect(throws: RunError.self) { try session.run([]) }
        let library = try #require(ONNXRuntimeTests.library)
        let error = #expect(throws: NativeBackendError.self) { try library.makeSession(modelPath: "/nowhere.onnx") }
        #expect(error?.code == .model)
        #expect(throws: NativeBackendError.self) { try library.makeSession(bytes: [1, 2, 3]) }
    }
}
