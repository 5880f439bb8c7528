// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors
import Glibc

/// The sum of a function of every number, and a function of that sum.
package protocol SumReducer: Reducer where State == Element.Total {
    /// What is summed.
    static func term(_ value: Element.Total) -> Element.Total
    /// What becomes of the sum.
    static func result(_ sum: Element.Total, count: Int) -> Element.Total
}

extension SumReducer {
    package static var initial: Element.Total { 0 }
    @inline(__always)
    package static func term(_ value: Element.Total) -> Element.Total { value }
    package static func result(_ sum: Element.Total, count: Int) -> Element.Total { sum }
    @inline(__always)
    package static func add(_ element: Element, to state: inout Element.Total) {
        state = state.plus(term(element.total))
    }
    @inline(__always)
    package static func merge(_ other: Element.Total, into state: inout Element.Total) { state = state.plus(other) }
    package static func finish(_ state: Element.Total, count: Int) -> Element {
        result(state, count: count).casting(to: Element.self)
    }
}

extension Number {
    /// A function of the number as an `f64`, in the number's own type.
    @inline(__always)
    package func applying(_ function: (Double) -> Double) -> Self { Self(casting: function(casting(to: Double.self))) }
}

/// The sum of all numbers.
package enum TotalReducer<Element: Number>: SumReducer {}

/// The mean of all numbers; of no integers 0.
package enum MeanReducer<Element: Number>: SumReducer {
    package static func result(_ sum: Element.Total, count: Int) -> Element.Total {
        sum.over(Element.Total(casting: Int64(count)))
    }
}

/// The sum of all absolute values.
package enum AbsoluteReducer<Element: Number>: SumReducer {
    @inline(__always)
    package static func term(_ value: Element.Total) -> Element.Total { value.absolute }
}

/// The sum of all squares.
package enum SquareReducer<Element: Number>: SumReducer {
    @inline(__always)
    package static func term(_ value: Element.Total) -> Element.Total { value.times(value) }
}

/// The square root of the sum of all squares.
package enum NormReducer<Element: Number>: SumReducer {
    @inline(__always)
    package static func term(_ value: Element.Total) -> Element.Total { value.times(value) }
    package static func result(_ sum: Element.Total, count: Int) -> Element.Total { sum.applying { $0.squareRoot() } }
}

/// The logarithm of the sum of all numbers.
package enum LogSumReducer<Element: Number>: SumReducer {
    package static func result(_ sum: Element.Total, count: Int) -> Element.Total { sum.applying { log($0) } }
}

/// The product of all numbers.
package enum ProductReducer<Element: Number>: Reducer {
    package static var initial: Element.Total { 1 }
    @inline(__always)
    package static func add(_ element: Element, to state: inout Element.Total) {
        state = state.times(element.total)
    }
    @inline(__always)
    package static func merge(_ other: Element.Total, into state: inout Element.Total) { state = state.times(other) }
    package static func finish(_ state: Element.Total, count: Int) -> Element { state.casting(to: Element.self) }
}

/// The largest number; NaN where there is one.
package enum LargestReducer<Element: Number>: Reducer {
    package static var initial: Element { Element.lowest }
    @inline(__always)
    package static func add(_ element: Element, to state: inout Element) { state = state.larger(element) }
    @inline(__always)
    package static func merge(_ other: Element, into state: inout Element) { state = state.larger(other) }
    package static func finish(_ state: Element, count: Int) -> Element { state }
}

/// The smallest number; NaN where there is one.
package enum SmallestReducer<Element: Number>: Reducer {
    package static var initial: Element { Element.highest }
    @inline(__always)
    package static func add(_ element: Element, to state: inout Element) { state = state.smaller(element) }
    @inline(__always)
    package static func merge(_ other: Element, into state: inout Element) { state = state.smaller(other) }
    package static func finish(_ state: Element, count: Int) -> Element { state }
}

/// The logarithm of the sum of all exponentials, relative to the largest number so that nothing overflows.
package enum LogSumExpReducer<Element: Number>: Reducer {
    /// The largest number, and the sum of exponentials relative to it.
    package struct State {
        var top: Double
        var sum: Double
    }
    package static var initial: State { State(top: -.infinity, sum: 0) }
    package static func add(_ element: Element, to state: inout State) {
        merge(State(top: element.casting(to: Double.self), sum: 1), into: &state)
    }
    package static func merge(_ other: State, into state: inout State) {
        if other.top == state.top {
            state.sum += other.sum
        } else if other.top < state.top {
            state.sum += other.sum * exp(other.top - state.top)
        } else {
            state.sum = other.sum + (state.sum == 0 ? 0 : state.sum * exp(state.top - other.top))
            state.top = other.top
        }
    }
    package static func finish(_ state: State, count: Int) -> Element {
        Element(casting: state.sum == 0 ? -.infinity : state.top + log(state.sum))
    }
}
