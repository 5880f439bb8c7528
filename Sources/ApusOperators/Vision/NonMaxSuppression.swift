// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Picks the best boxes of every class, leaving out those that overlap a better one.
package struct NonMaxSuppression: Operator {
    package static let schema = Schema("NonMaxSuppression", since: 10, inputs: 2...5)
    package static let widensHalf = true

    private let isCentred: Bool

    package init(_ node: NodeReader) throws(ComputeError) { isCentred = try node.flag("center_point_box") }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        if let boxes = inputs.dimensions(0), boxes.count != 3 { throw .shape("boxes \(boxes)") }
        if let scores = inputs.dimensions(1), scores.count != 3 { throw .shape("scores \(scores)") }
        return [.tensor(.int64, [.unknown, 3])]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        try inputs.checkSizes()
        let boxes = try inputs.tensor(0)
        let scores = try inputs.tensor(1)
        guard boxes.shape.rank == 3, boxes.shape[2] == 4, scores.shape.rank == 3, scores.shape[0] == boxes.shape[0],
            scores.shape[2] == boxes.shape[1]
        else { throw .shape("boxes \(boxes.shape) with scores \(scores.shape)") }
        let limit = try inputs.optionalTensor(2)?.scalarInteger() ?? 0
        let overlap = try inputs.optionalTensor(3)?.scalarReal() ?? 0
        let least = try inputs.optionalTensor(4)?.scalarReal() ?? -.infinity
        guard overlap >= 0, overlap <= 1 else { throw .value("the overlap threshold \(overlap) is not from 0 to 1") }
        let count = boxes.shape[1]
        let classes = scores.shape[1]
        let numbers = try boxes.reals(as: Float.self)
        let ratings = try scores.reals(as: Float.self)
        var selected: [Int64] = []
        for item in 0..<boxes.shape[0] where limit > 0 && count > 0 {
            let rectangles = (0..<count).map { index in
                let start = (item * count + index) * 4
                return Rectangle(numbers[start..<start + 4].map { $0 }, isCentred: isCentred)
            }
            for label in 0..<classes {
                let first = (item * classes + label) * count
                let order = (0..<count).filter { Double(ratings[first + $0]) > least }.sorted {
                    let (left, right) = (ratings[first + $0], ratings[first + $1])
                    return left > right || (left == right && $0 < $1)
                }
                var kept: [Int] = []
                for index in order where kept.count < limit {
                    let rectangle = rectangles[index]
                    if kept.contains(where: { rectangles[$0].overlap(rectangle) > Float(overlap) }) { continue }
                    kept.append(index)
                    selected += [Int64(item), Int64(label), Int64(index)]
                }
            }
        }
        outputs.set(0, try Tensor(selected, shape: [selected.count / 3, 3]))
    }
}

/// The sides of a box.
private struct Rectangle {
    var low: (Float, Float)
    var high: (Float, Float)

    init(_ box: [Float], isCentred: Bool) {
        if isCentred {
            low = (box[0] - box[2] / 2, box[1] - box[3] / 2)
            high = (box[0] + box[2] / 2, box[1] + box[3] / 2)
        } else {
            low = (min(box[0], box[2]), min(box[1], box[3]))
            high = (max(box[0], box[2]), max(box[1], box[3]))
        }
    }

    private var area: Float { (high.0 - low.0) * (high.1 - low.1) }

    /// The area of the intersection in parts of that of the union.
    func overlap(_ other: Rectangle) -> Float {
        let first = min(high.0, other.high.0) - max(low.0, other.low.0)
        let second = min(high.1, other.high.1) - max(low.1, other.low.1)
        guard first > 0, second > 0, area > 0, other.area > 0 else { return 0 }
        let shared = first * second
        return shared / (area + other.area - shared)
    }
}
