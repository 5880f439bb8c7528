// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// The parts of a p-norm.
package struct PowerNorm<Element: RealElement> {
    private let power: Element

    /// The norm of the given power.
    package init(_ power: Double) { self.power = Element(power) }

    /// The magnitude of a value to the power.
    @inline(__always)
    package func term(_ value: Element) -> Element {
        if power == 2 { return value * value }
        let magnitude = abs(value)
        return power == 1 ? magnitude : Element.pow(magnitude, power)
    }

    /// The root of a sum of terms.
    package func root(_ sum: Element) -> Element {
        if power == 2 { return sum.squareRoot() }
        return power == 1 ? sum : Element.pow(sum, 1 / power)
    }
}
