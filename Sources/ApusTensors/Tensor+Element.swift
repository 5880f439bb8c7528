// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

extension Tensor {
    /// One element, by its position in row-major order.
    ///
    /// - Throws: ``ComputeError`` with code `elementType` for another type, `shape` where there is no such element.
    package func element<Element: TensorElement>(
        _ index: Int, of type: Element.Type = Element.self
    ) throws(ComputeError) -> Element {
        let span = try elements(of: Element.self)
        guard index >= 0, index < span.count else { throw .shape("\(self) has no element \(index)") }
        return span[index]
    }
}
