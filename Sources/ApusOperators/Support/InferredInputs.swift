// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

extension Array<InferredValue?> {
    /// What is known of an input; nil where it is absent.
    package func known(_ index: Int) -> InferredValue? { index < count ? self[index] : nil }

    /// The element type of an input, where it is known.
    package func elementType(_ index: Int) -> ElementType? { known(index)?.type.elementType }

    /// The sizes of an input, where its rank is known.
    package func dimensions(_ index: Int) -> [Dimension]? { known(index)?.type.dimensions }

    /// The integers of an input whose elements are known as numbers.
    package func integers(_ index: Int) -> [Int]? {
        guard let value = known(index) else { return nil }
        if let constant = value.constant, let integers = try? constant.integers() { return integers }
        guard let elements = value.elements else { return nil }
        let numbers = elements.compactMap(\.value)
        return numbers.count == elements.count ? numbers : nil
    }

    /// The elements of an integer input of rank 0 or 1 as expressions, where they are known.
    package func expressions(_ index: Int) -> [Dimension]? {
        if let elements = known(index)?.elements { return elements }
        return integers(index)?.map { Dimension($0) }
    }
}

extension InferredValue {
    /// A tensor of the element type and sizes, or nothing where the element type is not known.
    package static func tensor(maybe elementType: ElementType?, _ dimensions: [Dimension]?) -> InferredValue {
        elementType.map { .tensor($0, dimensions) } ?? .unknown
    }
}
