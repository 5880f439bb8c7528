// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
package import ApusTensors

/// The largest element of every window and, where wanted, its place in the input.
package struct MaxPool: RealOperator {
    package static let schema = Schema("MaxPool", inputs: 1...1, outputs: 1...2)

    /// How the window slides.
    package let pool: PoolGeometry
    private let columnMajor: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        pool = try PoolGeometry(node)
        columnMajor = try node.flag("storage_order")
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let dimensions = try pool.infer(inputs.dimensions(0))
        return [.tensor(maybe: inputs.elementType(0), dimensions), .tensor(.int64, dimensions)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        try inputs.checkSizes()
        switch try inputs.tensor(0).elementType {
        case .float32:
            if try reduceImages(inputs, &outputs) { return }
            try reduce(lowest: -Float.infinity, inputs, &outputs)
        case .float64: try reduce(lowest: -Double.infinity, inputs, &outputs)
        case .int8: try reduce(lowest: Int8.min, inputs, &outputs)
        case .uint8: try reduce(lowest: UInt8.min, inputs, &outputs)
        case let other: throw .elementType("MaxPool does not take \(other.name)")
        }
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        try reduce(lowest: -Element.infinity, inputs, &outputs)
    }

    /// Pools `f32` images by the kernels, unless places are wanted or the sizes are not those of images.
    private func reduceImages(_ inputs: Inputs, _ outputs: inout Outputs) throws(ComputeError) -> Bool {
        let input = try inputs.tensor(0)
        let windows = try pool.axes(input.shape)
        guard windows.count == 2, !outputs.isWanted(1), input.elementCount > 0,
            windows.allSatisfy({ $0.output > 0 && $0.padBegin < $0.kernel && $0.padEnd < $0.kernel })
        else { return false }
        var shape = PoolingShape(
            planes: input.shape[0] * input.shape[1], inputHeight: windows[0].input, inputWidth: windows[1].input,
            outputHeight: windows[0].output, outputWidth: windows[1].output, kernelHeight: windows[0].kernel,
            kernelWidth: windows[1].kernel)
        (shape.strideHeight, shape.strideWidth) = (windows[0].stride, windows[1].stride)
        (shape.dilationHeight, shape.dilationWidth) = (windows[0].dilation, windows[1].dilation)
        (shape.padTop, shape.padLeft) = (windows[0].padBegin, windows[1].padBegin)
        (shape.padBottom, shape.padRight) = (windows[0].padEnd, windows[1].padEnd)
        let result = try outputs.makeTensor(
            0, .float32, Shape(input.shape[0], input.shape[1], windows[0].output, windows[1].output))
        let kernels = Kernels(instructionSet: outputs.context.instructionSet, pool: outputs.context.workers)
        // SAFETY: both tensors have the sizes of the shape and live through the call.
        unsafe kernels.maxPool(
            shape, UnsafePointer(input.baseAddress.assumingMemoryBound(to: Float.self)),
            into: result.baseAddress.assumingMemoryBound(to: Float.self))
        withExtendedLifetime(input) {}
        outputs.set(0, result.finish())
        return true
    }

    private func reduce<Element: TensorElement & Comparable>(
        lowest: Element, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let input = try inputs.tensor(0)
        let windows = try pool.windows(input.shape)
        let source = try input.elements(of: Element.self)
        let shape = Shape(Array(input.shape.prefix(2)) + windows.map(\.output))
        var places: MutableTensor? = outputs.isWanted(1) ? try outputs.makeTensor(1, .int64, shape) : nil
        try outputs.write(0, of: Element.self, shape) { (target) throws(ComputeError) in
            let walk = PoolWalk(windows)
            guard target.count > 0 else { return }
            var lines: [Int] = []
            for row in 0..<walk.rowCount {
                walk.lines(row: row, into: &lines)
                for plane in 0..<target.count / walk.windowCount {
                    let to = plane &* walk.windowCount &+ row &* walk.last.output
                    let from = plane &* walk.planeCount
                    MaxPool.reduceRow(source, at: from, lines, walk.last, lowest: lowest, into: &target, at: to)
                }
            }
        }
        guard var indices = places.take() else { return }
        var found = try indices.elements(of: Int64.self)
        let walk = PoolWalk(windows)
        var lines: [Int] = []
        for row in 0..<walk.rowCount where found.count > 0 {
            walk.lines(row: row, into: &lines)
            for plane in 0..<found.count / walk.windowCount {
                for column in 0..<walk.last.output {
                    let base = plane &* walk.planeCount
                    let position = MaxPool.place(source, at: base, lines, walk.last, column, lowest: lowest)
                    let flat = base &+ (columnMajor ? walk.columnMajor(position) : position)
                    found[plane &* walk.windowCount &+ row &* walk.last.output &+ column] = Int64(flat)
                }
            }
        }
        outputs.set(1, indices.finish())
    }

    private static func reduceRow<Element: TensorElement & Comparable>(
        _ source: Span<Element>, at base: Int, _ lines: [Int], _ last: WindowAxis, lowest: Element,
        into target: inout MutableSpan<Element>, at to: Int
    ) {
        for column in 0..<last.output {
            let taps = last.taps(column)
            let start = base &+ last.position(column, tap: taps.lowerBound)
            var best = lowest
            for line in lines {
                var position = line &+ start
                for _ in taps {
                    let value = source[position]
                    if !(value <= best) { best = value }
                    position &+= last.dilation
                }
            }
            target[to &+ column] = best
        }
    }

    /// The place in the plane of a window's first largest element.
    private static func place<Element: TensorElement & Comparable>(
        _ source: Span<Element>, at base: Int, _ lines: [Int], _ last: WindowAxis, _ column: Int, lowest: Element
    ) -> Int {
        let taps = last.taps(column)
        let start = last.position(column, tap: taps.lowerBound)
        var best = lowest
        var found = -1
        for line in lines {
            var position = line &+ start
            for _ in taps {
                let value = source[base &+ position]
                if found < 0 || value > best {
                    best = value
                    found = position
                }
                position &+= last.dilation
            }
        }
        return max(found, 0)
    }
}
