// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

public import ApusKernels
public import ApusTensors

/// What an evaluation runs with: instruction set, threads, memory, random numbers, and the executor of subgraphs.
///
/// It belongs to one caller at a time.
public final class EvaluationContext {
    /// The instruction set kernels must use.
    public let instructionSet: InstructionSet
    /// The threads to work with.
    public let workers: WorkerPool
    /// The limit on tensors alive, if there is one.
    public let budget: MemoryBudget?
    /// The source of random numbers for operators that were given no seed.
    public var random: any RandomNumberGenerator
    /// Runs a subgraph of the node being evaluated: attribute name, position in the attribute, inputs.
    package var runSubgraph: (String, Int, [Datum]) throws(ComputeError) -> [Datum]
    /// Finds reusable memory of a number of bytes; nil: allocate.
    package var findStorage: ((Int) -> TensorStorage?)?
    /// Whether the caller asked to stop; long evaluations ask between parts.
    package var isCancelled: () -> Bool

    /// Makes a context.
    public init(
        instructionSet: InstructionSet = .best, workers: WorkerPool = WorkerPool(threadCount: 1),
        budget: MemoryBudget? = nil, random: any RandomNumberGenerator = SystemRandomNumberGenerator()
    ) {
        self.instructionSet = instructionSet
        self.workers = workers
        self.budget = budget
        self.random = random
        runSubgraph = { (_, _, _) throws(ComputeError) in throw .unsupported("no executor for subgraphs") }
        isCancelled = { false }
    }

    /// Runs the subgraph in the named attribute of the node being evaluated.
    ///
    /// - Throws: ``ComputeError`` from any of its nodes.
    public func run(_ attribute: String, at position: Int = 0, _ inputs: [Datum]) throws(ComputeError) -> [Datum] {
        try runSubgraph(attribute, position, inputs)
    }

    /// Refuses so many strings before they are made: past a fixed number, or past what the budget has room for.
    ///
    /// - Throws: ``ComputeError`` with code `limit`.
    package func checkStrings(_ count: Int, byteCount: Int = 0) throws(ComputeError) {
        guard count <= 1 << 28, byteCount <= 1 << 31 else { throw .limit("\(count) strings are too many or too long") }
        try budget?.checkRoom(for: count * 16 + byteCount)
    }

    /// Memory for a tensor; its contents are undefined.
    ///
    /// - Throws: ``ComputeError`` with code `shape` or `limit`.
    public func makeTensor(_ elementType: ElementType, _ shape: Shape) throws(ComputeError) -> MutableTensor {
        guard elementType != .string else { throw .elementType("string tensors are made from arrays") }
        let byteCount = try MutableTensor.byteCount(elementType, shape)
        let found = findStorage?(byteCount)
        let storage =
            if let found { found } else {
                try TensorStorage(byteCount: byteCount, zeroed: false, budget: budget)
            }
        return MutableTensor(elementType, shape, storage: storage, at: 0)
    }
}
