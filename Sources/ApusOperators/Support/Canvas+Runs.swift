// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusKernels
import ApusTensors
import Glibc

extension Canvas {
    private static func check(_ starts: Span<Int>, _ run: Int, _ count: Int) throws(ComputeError) {
        guard run >= 0, run <= count || starts.isEmpty else { throw .shape("runs of \(run) of \(count) elements") }
        for index in starts.indices where starts[index] < 0 || starts[index] > count - run {
            let start = starts[index]
            throw .shape("a run of \(run) starts at \(start) of \(count) elements")
        }
    }

    /// Copies runs of neighbouring elements that start at the given places, one after the other.
    mutating func gather(_ source: Tensor, starts: [Int], run: Int) throws(ComputeError) {
        try gather(source, starts: starts.span, run: run)
    }

    /// Copies runs of neighbouring elements that start at the places an `i64` tensor lists, one after the other.
    mutating func gather(_ source: Tensor, starts: Tensor, run: Int) throws(ComputeError) {
        let span = try starts.elements(of: Int64.self)
        // SAFETY: both are integers of 64 bits.
        try unsafe span.withUnsafeBytes { (bytes) throws(ComputeError) in
            let list = unsafe Span<Int>(_unsafeElements: bytes.assumingMemoryBound(to: Int.self))
            try gather(source, starts: list, run: run)
        }
    }

    private mutating func gather(_ source: Tensor, starts: Span<Int>, run: Int) throws(ComputeError) {
        try check(source)
        try Canvas.check(starts, run, source.elementCount)
        let (total, overflow) = starts.count.multipliedReportingOverflow(by: run)
        guard !overflow, total <= elementCount else { throw .shape("\(total) elements do not fit \(shape)") }
        if total == 0 { return }
        if elementType == .string {
            for index in starts.indices {
                for offset in 0..<run { strings[index * run + offset] = source.strings[starts[index] + offset] }
            }
            return
        }
        let width = elementType.byteWidth
        // SAFETY: the runs were checked against both sides.
        let from = unsafe UnsafeRawPointer(source.baseAddress)
        let to = unsafe memory.baseAddress
        unsafe starts.withUnsafeBufferPointer { starts in
            switch run == 1 ? width : 0 {
            case 1: unsafe gather(UInt8.self, from, starts, to)
            case 2: unsafe gather(UInt16.self, from, starts, to)
            case 4: unsafe gather(UInt32.self, from, starts, to)
            case 8: unsafe gather(UInt64.self, from, starts, to)
            default:
                workers.spread(starts.count, cost: run &* width / 4) { range in
                    for index in range {
                        unsafe memcpy(to + index &* run &* width, from + starts[index] &* width, run &* width)
                    }
                }
            }
        }
    }

    @unsafe
    private func gather<Pattern: BitPattern>(
        _ type: Pattern.Type, _ source: UnsafeRawPointer, _ starts: UnsafeBufferPointer<Int>,
        _ target: UnsafeMutableRawPointer
    ) {
        let width = MemoryLayout<Pattern>.size
        // SAFETY: the caller checked the starts; the target holds as many elements.
        let to = unsafe target.assumingMemoryBound(to: Pattern.self)
        workers.spread(starts.count, cost: 2) { range in
            for index in range {
                unsafe to[index] = source.loadUnaligned(
                    fromByteOffset: starts[index] &* width, as: Pattern.self)
            }
        }
    }

    /// Copies successive runs of neighbouring elements to the given places.
    mutating func scatter(_ source: Tensor, to starts: [Int], run: Int) throws(ComputeError) {
        try check(source)
        try Canvas.check(starts.span, run, elementCount)
        let (total, overflow) = starts.count.multipliedReportingOverflow(by: run)
        guard !overflow, total <= source.elementCount else { throw .shape("\(source) has no \(total) elements") }
        if total == 0 { return }
        if elementType == .string {
            for (index, start) in starts.enumerated() {
                for offset in 0..<run { strings[start + offset] = source.strings[index * run + offset] }
            }
            return
        }
        let width = elementType.byteWidth
        // SAFETY: the runs were checked against both sides.
        let from = unsafe UnsafeRawPointer(source.baseAddress)
        let to = unsafe memory.baseAddress
        for index in starts.indices {
            unsafe memcpy(to + starts[index] &* width, from + index &* run &* width, run &* width)
        }
    }

    /// Fills the canvas from a source seen as the given sizes: along each axis, the source's index for each position.
    ///
    /// A nil list keeps the axis as it is; a negative index leaves what the canvas holds.
    mutating func copy(_ source: Tensor, sizes: [Int], maps: [[Int]?]) throws(ComputeError) {
        try check(source)
        guard maps.count == sizes.count, try Shape(sizes).checkedElementCount() == source.elementCount else {
            throw .shape("\(source) cannot be read as \(sizes)")
        }
        for (map, size) in zip(maps, sizes) {
            if let map, map.contains(where: { $0 >= size }) { throw .shape("an index is outside \(size)") }
        }
        let targetSizes = zip(maps, sizes).map { $0?.count ?? $1 }
        guard try Shape(targetSizes).checkedElementCount() == elementCount else {
            throw .shape("\(targetSizes) do not fill \(shape)")
        }
        if elementCount == 0 { return }
        let sourceSteps = Shape(sizes).strides
        guard let inner = maps.lastIndex(where: { $0 != nil }), let innerMap = maps[inner] else {
            return try copy(source, count: elementCount)
        }
        let run = sizes[(inner + 1)...].reduce(1, &*)
        let targetRow = innerMap.count &* run
        let segments = Canvas.segments(innerMap)
        var starts = [0]
        for axis in 0..<inner {
            let map = maps[axis] ?? Array(0..<sizes[axis])
            starts = starts.flatMap { start in
                map.map { start < 0 || $0 < 0 ? -1 : start + $0 * sourceSteps[axis] }
            }
        }
        if segments.count > innerMap.count / 8, elementType != .string, !innerMap.contains(where: { $0 < 0 }) {
            for (row, start) in starts.enumerated() where start >= 0 {
                unsafe gatherRow(source, start, innerMap, run: run, at: row * targetRow)
            }
            return
        }
        for (row, start) in starts.enumerated() where start >= 0 {
            for segment in segments {
                try copy(
                    source,
                    Block(
                        sizes: ShortList(segment.count, run), sourceStart: start + segment.source * run,
                        sourceSteps: ShortList(segment.step * run, 1),
                        targetStart: row * targetRow + segment.target * run,
                        targetSteps: ShortList(run, 1)))
            }
        }
    }

    /// Copies the runs a map lists, counted from a place in the source, to a place in this canvas.
    @unsafe
    private func gatherRow(_ source: Tensor, _ start: Int, _ map: [Int], run: Int, at target: Int) {
        let width = elementType.byteWidth
        // SAFETY: the caller checked the map against the source and the sizes against both sides.
        let from = unsafe UnsafeRawPointer(source.baseAddress) + start &* width
        let to = unsafe memory.baseAddress + target &* width
        unsafe map.withUnsafeBufferPointer { map in
            switch run == 1 ? width : 0 {
            case 1: unsafe gather(UInt8.self, from, map, to)
            case 2: unsafe gather(UInt16.self, from, map, to)
            case 4: unsafe gather(UInt32.self, from, map, to)
            case 8: unsafe gather(UInt64.self, from, map, to)
            default:
                for index in map.indices {
                    unsafe memcpy(to + index &* run &* width, from + map[index] &* run &* width, run &* width)
                }
            }
        }
    }

    /// Positions of a map that step evenly.
    private struct Segment {
        var target: Int
        var source: Int
        var step: Int
        var count: Int
    }

    private static func segments(_ map: [Int]) -> [Segment] {
        var result: [Segment] = []
        for (target, source) in map.enumerated() where source >= 0 {
            if var last = result.last, last.target + last.count == target {
                if last.count == 1 { last.step = source - last.source }
                if last.source + last.step * last.count == source {
                    last.count += 1
                    result[result.count - 1] = last
                    continue
                }
            }
            result.append(Segment(target: target, source: source, step: 1, count: 1))
        }
        return result
    }
}
