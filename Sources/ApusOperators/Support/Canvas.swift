// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusTensors
import Glibc

/// An output being put together from parts of other tensors, whatever its elements are.
///
/// Every copy is checked against the sizes of both sides, so an operator's mistake becomes an error.
@safe
struct Canvas: ~Copyable {
    let elementType: ElementType
    let shape: Shape
    let elementCount: Int
    var memory: MutableTensor
    let workers: WorkerPool
    var strings: [String]
    private let budget: MemoryBudget?

    /// Makes an output of undefined contents, or of zeros (empty strings) where cleared.
    init(
        _ elementType: ElementType, _ shape: Shape, in context: EvaluationContext, cleared: Bool = false
    ) throws(ComputeError) {
        let count = try shape.checkedElementCount()
        if elementType == .string { try context.checkStrings(count) }
        let isString = elementType == .string
        let made = try context.makeTensor(
            isString ? .uint8 : elementType, isString ? [0] : shape)
        self.elementType = elementType
        self.shape = shape
        elementCount = count
        strings = isString ? [String](repeating: "", count: count) : []
        memory = made
        workers = context.workers
        budget = context.budget
        if cleared {
            // SAFETY: the tensor holds that many bytes.
            _ = unsafe memset(memory.baseAddress, 0, count * elementType.byteWidth)
        }
    }

    /// Makes an output of one value throughout.
    static func filled(
        with value: Tensor, _ shape: Shape, in context: EvaluationContext
    ) throws(ComputeError) -> Canvas {
        guard value.elementCount == 1 else { throw .shape("expected one element, the tensor is \(value)") }
        var canvas = try Canvas(value.elementType, shape, in: context)
        try canvas.copy(
            value, Block(sizes: ShortList(repeating: canvas.elementCount, count: 1), sourceSteps: [0], targetSteps: [1])
        )
        return canvas
    }

    /// Ends writing.
    consuming func finish() throws(ComputeError) -> Tensor {
        elementType == .string ? try Tensor(strings: strings, shape: shape, budget: budget) : memory.finish()
    }

    func check(_ source: Tensor) throws(ComputeError) {
        guard source.elementType == elementType else {
            throw .elementType("expected \(elementType.name), the tensor is \(source)")
        }
    }

    /// Copies a box of elements.
    mutating func copy(_ source: Tensor, _ block: Block) throws(ComputeError) {
        try check(source)
        try block.check(sourceCount: source.elementCount, targetCount: elementCount)
        guard let axes = block.simplified else { return }
        if elementType == .string {
            forEachPosition(axes, block.sourceStart, block.targetStart) { from, to in
                strings[to] = source.strings[from]
            }
            return
        }
        switch elementType.byteWidth {
        case 1: copy(UInt8.self, source, block, axes)
        case 2: copy(UInt16.self, source, block, axes)
        case 4: copy(UInt32.self, source, block, axes)
        case 8: copy(UInt64.self, source, block, axes)
        default: copy(Pattern128.self, source, block, axes)
        }
    }

    private mutating func copy<Pattern: BitPattern>(
        _ type: Pattern.Type, _ source: Tensor, _ block: Block, _ axes: ShortList<Block.Axis>
    ) {
        // SAFETY: the block was checked against both sides, which stay alive and are of the pattern's width.
        let from = unsafe UnsafeRawPointer(source.baseAddress)
        let to = unsafe memory.baseAddress.assumingMemoryBound(to: Pattern.self)
        let width = MemoryLayout<Pattern>.size
        let count = axes.reduce(1) { $0 &* $1.size }
        let split = axes.indices.max { axes[$0].size < axes[$1].size }
        guard let split, count &* width >= Canvas.sharedByteCount, workers.threadCount > 1 else {
            return unsafe Canvas.copy(
                type, axes, from + block.sourceStart &* width, to + block.targetStart)
        }
        workers.spread(axes[split].size, cost: count &* width / axes[split].size / 4) { range in
            var part = axes
            part[split].size = range.count
            let sourceStart = block.sourceStart &+ range.lowerBound &* axes[split].source
            unsafe Canvas.copy(
                type, part, from + sourceStart &* width,
                to + (block.targetStart &+ range.lowerBound &* axes[split].target))
        }
    }

    /// Bytes from which on several threads copy together.
    static let sharedByteCount = 1 << 18

    @unsafe
    private static func copy<Pattern: BitPattern>(
        _ type: Pattern.Type, _ axes: ShortList<Block.Axis>, _ source: UnsafeRawPointer,
        _ target: UnsafeMutablePointer<Pattern>
    ) {
        let plane = CopyPlane(axes)
        var outer = axes
        outer.removeLast(Swift.min(2, axes.count))
        // SAFETY: the caller checked that every position lies inside both sides.
        forEachPosition(outer, 0, 0) { sourceOffset, targetOffset in
            unsafe plane.copy(
                type, from: source + sourceOffset &* MemoryLayout<Pattern>.size, to: target + targetOffset)
        }
    }

    /// Copies neighbouring elements.
    mutating func copy(_ source: Tensor, at start: Int = 0, to target: Int = 0, count: Int) throws(ComputeError) {
        try copy(
            source,
            Block(
                sizes: ShortList(repeating: count, count: 1), sourceStart: start, sourceSteps: [1], targetStart: target,
                targetSteps: [1]))
    }
}
