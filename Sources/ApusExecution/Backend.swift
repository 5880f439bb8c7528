// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

public import ApusGraphs
public import ApusKernels
public import ApusTensors

/// Something that can run graphs: the engine of this package or a foreign one.
public protocol Backend: Sendable {
    /// The name users ask for it by.
    var name: String { get }

    /// Compiles a graph for this backend.
    ///
    /// - Throws: ``PlanError`` when the backend cannot run the graph, with the reason.
    func prepare(_ graph: Graph, options: PlanOptions) throws(PlanError) -> any Plan
}

/// A compiled, immutable graph that any number of sessions share.
public protocol Plan: Sendable {
    /// The values to hand in, in order.
    var inputs: [Value] { get }
    /// The values handed out, in order.
    var outputs: [Value] { get }

    /// Makes a session: cheap, with memory of its own, for one caller at a time.
    func makeSession() -> any Session
}

/// One caller's way through a plan.
public protocol Session: AnyObject {
    /// Runs the plan once on the inputs in the order of the plan's inputs.
    ///
    /// - Throws: ``RunError`` that names the node and what it refused.
    func run(_ inputs: [Datum]) throws(RunError) -> [Datum]

    /// Runs the plan and puts its outputs into an array that is used again from run to run.
    ///
    /// What the array holds is let go first, so that its memory can be used again.
    ///
    /// - Throws: As ``run(_:)``.
    func run(_ inputs: [Datum], into outputs: inout [Datum]) throws(RunError)

    /// Times of the last run by step, when profiling is on.
    var profile: Profile? { get }

    /// Whether the next runs record times by step.
    var isProfiling: Bool { get set }

    /// Asked between steps: returning true ends the run with code `cancelled`.
    var isCancelled: () -> Bool { get set }
}

extension Session {
    /// Runs the plan, with a new array of outputs each time.
    ///
    /// - Throws: As ``run(_:)``.
    public func run(_ inputs: [Datum], into outputs: inout [Datum]) throws(RunError) {
        outputs = []
        outputs = try run(inputs)
    }
}

/// How a plan is made and run.
public struct PlanOptions: Sendable {
    /// The threads the plan's sessions share.
    public var workers: WorkerPool
    /// The instruction set kernels use.
    public var instructionSet: InstructionSet
    /// The limit on the bytes of tensors alive, shared by the plan's sessions.
    public var budget: MemoryBudget?
    /// The operators to resolve added nodes with.
    public var catalogue: Catalogue
    /// Whether only forms whose sums are taken as defined are chosen, and none that trades accuracy for speed.
    public var isExact: Bool
    /// What products and convolutions with constant weights multiply.
    public var precision: Precision
    /// What measures ways to compute a node; nil: they are chosen by operations and bytes.
    public var tuner: Tuner?

    /// Makes options.
    public init(
        workers: WorkerPool, instructionSet: InstructionSet = .best, budget: MemoryBudget? = nil, catalogue: Catalogue,
        isExact: Bool = false, precision: Precision = .f32, tuner: Tuner? = nil
    ) {
        self.workers = workers
        self.instructionSet = instructionSet
        self.budget = budget
        self.catalogue = catalogue
        self.isExact = isExact
        self.precision = precision
        self.tuner = tuner
    }
}
