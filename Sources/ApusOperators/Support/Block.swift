// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// A box of elements to copy: its sizes and, on both sides, where it starts and the step along each of its axes.
struct Block {
    var sizes: ShortList<Int>
    var sourceStart = 0
    var sourceSteps: ShortList<Int>
    var targetStart = 0
    var targetSteps: ShortList<Int>

    /// One axis of a block in its simplest form.
    struct Axis: ShortListElement {
        var size = 1
        var source = 0
        var target = 0
    }

    /// The axes without those of size 1, neighbours that step alike joined; nil when there is nothing to copy.
    ///
    /// The last axis is the one closest in the target, the one before it the closest in the source.
    var simplified: ShortList<Axis>? {
        var axes = ShortList<Axis>()
        for position in sizes.indices {
            let axis = Axis(size: sizes[position], source: sourceSteps[position], target: targetSteps[position])
            if axis.size == 0 { return nil }
            if axis.size == 1 { continue }
            if let outer = axes.last, outer.source == axis.source &* axis.size, outer.target == axis.target &* axis.size
            {
                axes[axes.count - 1] = Axis(size: outer.size * axis.size, source: axis.source, target: axis.target)
            } else {
                axes.append(axis)
            }
        }
        if axes.count > 2, let last = axes.last, last.source != 1,
            let closest = axes.firstIndex(where: { $0.source == 1 })
        {
            let axis = axes.remove(at: closest)
            axes.insert(axis, at: axes.count - 1)
        }
        return axes
    }

    /// Throws unless every element lies inside both sides.
    func check(sourceCount: Int, targetCount: Int) throws(ComputeError) {
        guard sourceSteps.count == sizes.count, targetSteps.count == sizes.count, !sizes.contains(where: { $0 < 0 })
        else {
            throw .shape("a block's sizes and steps do not fit each other")
        }
        if sizes.contains(0) { return }
        try check(sourceStart, sourceSteps, sourceCount)
        try check(targetStart, targetSteps, targetCount)
    }

    private func check(_ start: Int, _ steps: ShortList<Int>, _ count: Int) throws(ComputeError) {
        var least = start
        var most = start
        for (size, step) in zip(sizes, steps) {
            let (reach, tooFar) = (size - 1).multipliedReportingOverflow(by: step)
            let (bound, overflow) = (reach < 0 ? least : most).addingReportingOverflow(reach)
            guard !tooFar, !overflow else { throw .limit("a block's reach overflows") }
            if reach < 0 { least = bound } else { most = bound }
        }
        guard least >= 0, most < count else { throw .shape("a block reaches outside \(count) elements") }
    }
}

/// Calls the body with both offsets of every position along the axes.
@inline(__always)
func forEachPosition(_ axes: ShortList<Block.Axis>, _ source: Int, _ target: Int, _ body: (Int, Int) -> Void) {
    var counters = ShortList<Int>(repeating: 0, count: axes.count)
    var source = source
    var target = target
    while true {
        body(source, target)
        var axis = axes.count - 1
        while axis >= 0 {
            counters[axis] += 1
            source &+= axes[axis].source
            target &+= axes[axis].target
            if counters[axis] < axes[axis].size { break }
            source &-= axes[axis].source &* axes[axis].size
            target &-= axes[axis].target &* axes[axis].size
            counters[axis] = 0
            axis -= 1
        }
        if axis < 0 { return }
    }
}
