// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusTensors
import Glibc

/// The positions an output reads that picks, along every dimension for itself, one element of its input or none.
struct NearestGather {
    /// What each place of the first dimension adds to the position read, then of the second and so on; -1 for none.
    private let offsets: Tensor
    private let shape: Shape

    /// Asks for the index read at every place of every dimension, nil for none; the indices must lie in the input.
    init(
        from input: Shape, to shape: Shape, _ context: EvaluationContext, _ index: (Int, Int) -> Int?
    ) throws(ComputeError) {
        self.shape = shape
        var sum = 0
        for size in shape where shape.elementCount > 0 {
            let (next, overflow) = sum.addingReportingOverflow(size)
            guard !overflow else { throw .limit("the sizes of \(shape) overflow") }
            sum = next
        }
        let steps = input.steps
        var offsets = try context.makeTensor(.int64, .vector(sum))
        var elements = try offsets.elements(of: Int64.self)
        var position = 0
        for axis in shape.indices where sum > 0 {
            for place in 0..<shape[axis] {
                elements[position] = index(axis, place).map { Int64($0 * steps[axis]) } ?? -1
                position += 1
            }
        }
        self.offsets = offsets.finish()
    }

    /// Copies the elements read; those of places that read none are `outside`, or zero.
    func copy<Pattern: BitPattern>(
        _ type: Pattern.Type, _ input: Tensor, outside: Tensor?, into result: inout MutableTensor, _ workers: WorkerPool
    ) throws(ComputeError) {
        if outside == nil, try copyRows(input, into: &result, workers) { return }
        var filler = Pattern.zeroBits
        if let outside { filler = try outside.patterns(of: Pattern.self)[0] }
        let source = try input.patterns(of: Pattern.self)
        var target = try result.patterns(of: Pattern.self)
        guard target.count > 0 else { return }
        let offsets = try self.offsets.elements(of: Int64.self)
        let length = shape.last ?? 1
        let first = offsets.count - length
        for row in 0..<target.count / length {
            let start = row &* length
            guard let base = base(of: row, offsets) else {
                for place in 0..<length { target[start &+ place] = filler }
                continue
            }
            guard first >= 0 else {
                target[start] = source[base]
                continue
            }
            for place in 0..<length {
                let offset = Int(offsets[first &+ place])
                target[start &+ place] = offset < 0 ? filler : source[base &+ offset]
            }
        }
    }

    /// Copies whole rows of the last dimension where it is read as it lies; false where it is not.
    private func copyRows(
        _ input: Tensor, into result: inout MutableTensor, _ workers: WorkerPool
    ) throws(ComputeError) -> Bool {
        let offsets = try self.offsets.elements(of: Int64.self)
        guard let length = shape.last, shape.rank > 1, length > 1 else { return false }
        for place in 0..<length where offsets[offsets.count - length + place] != Int64(place) { return false }
        let width = input.elementType.byteWidth
        let (rows, bytes) = (shape.elementCount / length, length * width)
        let parts = rows * bytes < 1 << 16 ? 1 : Swift.min(rows, workers.threadCount * 4)
        let (source, target) = unsafe (input.baseAddress, result.baseAddress)
        workers.run(partCount: parts) { part in
            guard let offsets = try? self.offsets.elements(of: Int64.self) else { return }
            for row in part * rows / parts..<(part + 1) * rows / parts {
                // SAFETY: positions lie in the input, which as the result has rows of so many bytes.
                if let base = base(of: row, offsets) {
                    unsafe memcpy(target + row * bytes, source + base * width, bytes)
                } else {
                    unsafe memset(target + row * bytes, 0, bytes)
                }
            }
        }
        return true
    }

    /// Visits the position read by every element, nil for none.
    func forEachElement(_ body: (Int?) -> Void) throws(ComputeError) {
        guard shape.elementCount > 0 else { return }
        let offsets = try self.offsets.elements(of: Int64.self)
        let length = shape.last ?? 1
        let first = offsets.count - length
        for row in 0..<shape.elementCount / length {
            let base = base(of: row, offsets)
            for place in 0..<length {
                let offset = first < 0 ? 0 : Int(offsets[first &+ place])
                body(offset < 0 ? nil : base.map { $0 + offset })
            }
        }
    }

    /// Where a row of the last dimension reads from, nil where it reads nothing.
    private func base(of row: Int, _ offsets: Span<Int64>) -> Int? {
        var (rest, base) = (row, 0)
        var end = offsets.count - (shape.last ?? 0)
        for axis in stride(from: shape.rank - 2, through: 0, by: -1) {
            let (quotient, place) = rest.quotientAndRemainder(dividingBy: shape[axis])
            rest = quotient
            end -= shape[axis]
            let offset = Int(offsets[end + place])
            if offset < 0 { return nil }
            base &+= offset
        }
        return base
    }
}
