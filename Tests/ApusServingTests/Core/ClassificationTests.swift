// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusTensors
import Testing

@Suite struct ClassificationTests {
    @Test("The highest values come first, with six decimals and labels where there are any")
    func classifiesFloats() throws {
        let tensor = try Tensor([0.1, 3.3, 2.25, -1, 1e20, 1e-7] as [Float], shape: [2, 3])
        let classes = try Classification(count: 2, keepsBatch: true).apply(to: tensor, labels: ["cat", "dog"])
        #expect(classes.shape == [2, 2])
        #expect(
            classes.strings == [
                "3.300000:1:dog", "2.250000:2", "100000002004087734272.000000:1:dog", "0.000000:2",
            ])
    }

    @Test("Whole numbers stay whole, and without a batch all elements are one row")
    func classifiesIntegers() throws {
        let tensor = try Tensor([5, 7, -2] as [Int32], shape: [3])
        let classes = try Classification(count: 9, keepsBatch: false).apply(to: tensor, labels: [])
        #expect(classes.shape == [3])
        #expect(classes.strings == ["7:1", "5:0", "-2:2"])
    }

    @Test("Values that are no numbers come last, however many are wanted", arguments: [2, 100])
    func sortsNaN(count: Int) throws {
        let tensor = try Tensor([.nan, 1, .infinity] as [Double], shape: [1, 3])
        let classes = try Classification(count: count, keepsBatch: true).apply(to: tensor, labels: [])
        #expect(Array(classes.strings.prefix(2)) == ["inf:2", "1.000000:1"])
    }
}
