// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// Cosines and sines that turn pairs of features by an angle that depends on their place.
package struct RotaryTable: Sendable {
    private let cosines: [Float]
    private let sines: [Float]
    /// The number of pairs.
    package let pairs: Int
    private let places: Int
    private let isInterleaved: Bool

    /// - Throws: ``ComputeError`` with code `shape` when the tables are not matrices of the same shape.
    package init(_ cosines: Tensor, _ sines: Tensor, isInterleaved: Bool) throws(ComputeError) {
        guard cosines.shape.rank == 2, cosines.shape == sines.shape else {
            throw .shape("tables \(cosines) and \(sines) of cosines and sines")
        }
        self.cosines = try cosines.array(of: Float.self)
        self.sines = try sines.array(of: Float.self)
        places = cosines.shape[0]
        pairs = cosines.shape[1]
        self.isInterleaved = isInterleaved
    }

    /// Turns the features of one head at a place; those past the pairs stay.
    ///
    /// - Throws: ``ComputeError`` with code `value` for a place outside the tables.
    package func turn(
        _ values: inout [Float], at start: Int, features: Int, place: Int
    ) throws(ComputeError) {
        guard place >= 0, place < places else { throw .value("place \(place) is outside the \(places) known ones") }
        guard 2 * pairs <= features else { throw .shape("\(pairs) pairs do not fit \(features) features") }
        for pair in 0..<pairs {
            let first = start + (isInterleaved ? 2 * pair : pair)
            let second = start + (isInterleaved ? 2 * pair + 1 : pair + pairs)
            let (cosine, sine) = (cosines[place * pairs + pair], sines[place * pairs + pair])
            let (real, imaginary) = (values[first], values[second])
            values[first] = real * cosine - imaginary * sine
            values[second] = real * sine + imaginary * cosine
        }
    }
}
