// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusKernels
package import ApusTensors

/// Numbers laid out batch, head, place, feature.
package struct HeadStack: Sendable {
    package var batch: Int
    package var heads: Int
    package var length: Int
    package var features: Int
    package var values: [Float]

    package init(batch: Int, heads: Int, length: Int, features: Int, values: [Float]) {
        self.batch = batch
        self.heads = heads
        self.length = length
        self.features = features
        self.values = values
    }

    /// Where the places of one head of one item start.
    package func start(_ item: Int, _ head: Int) -> Int { (item * heads + head) * length * features }

    /// The distances between items, heads and places.
    package var steps: HeadSteps {
        HeadSteps(item: heads * length * features, head: length * features, place: features)
    }

    /// The shape of a tensor of these numbers.
    package var shape: Shape { [batch, heads, length, features] }

    /// Splits the last axis of batch × length × columns numbers into heads, from one column on.
    package init(
        splitting values: [Float], batch: Int, length: Int, columns: Int, from first: Int, heads: Int, features: Int,
        bias: [Float] = []
    ) {
        var result: [Float] = []
        result.reserveCapacity(batch * heads * length * features)
        for item in 0..<batch {
            for head in 0..<heads {
                for place in 0..<length {
                    let start = (item * length + place) * columns + first + head * features
                    for feature in 0..<features {
                        let value = values[start + feature]
                        result.append(bias.isEmpty ? value : value + bias[first + head * features + feature])
                    }
                }
            }
        }
        self.init(batch: batch, heads: heads, length: length, features: features, values: result)
    }

    /// Reads batch × length × width numbers as heads side by side, or batch × heads × length × features.
    ///
    /// - Throws: ``ComputeError`` with code `shape`.
    package init(_ tensor: Tensor, heads: Int, bias: [Float] = []) throws(ComputeError) {
        let shape = tensor.shape
        let values = try tensor.array(of: Float.self)
        if shape.rank == 4 {
            guard shape[1] == heads else { throw .shape("\(tensor) does not have \(heads) heads") }
            self.init(batch: shape[0], heads: heads, length: shape[2], features: shape[3], values: values)
            return
        }
        guard shape.rank == 3, shape[2] % heads == 0, bias.isEmpty || bias.count == shape[2] else {
            throw .shape("\(tensor) does not split into \(heads) heads")
        }
        self.init(
            splitting: values, batch: shape[0], length: shape[1], columns: shape[2], from: 0, heads: heads,
            features: shape[2] / heads, bias: bias)
    }

    /// The places of another stack, then these.
    ///
    /// - Throws: ``ComputeError`` with code `shape`.
    package func following(_ past: Tensor) throws(ComputeError) -> HeadStack {
        let shape = past.shape
        guard shape.rank == 4, shape[0] == batch, shape[1] == heads, shape[3] == features else {
            throw .shape("the past \(past) does not go with \(self.shape)")
        }
        let older = try past.array(of: Float.self)
        var result: [Float] = []
        result.reserveCapacity(older.count + values.count)
        let (oldRun, run) = (shape[2] * features, length * features)
        for index in 0..<batch * heads {
            result.append(contentsOf: older[(index * oldRun)..<((index + 1) * oldRun)])
            result.append(contentsOf: values[(index * run)..<((index + 1) * run)])
        }
        return HeadStack(
            batch: batch, heads: heads, length: shape[2] + length, features: features, values: result)
    }
}
