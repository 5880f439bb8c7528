// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// What becomes of an element that is written more than once.
enum ScatterReduction: String, CaseIterable {
    case none
    case add
    case mul
    case min
    case max
}

/// Elements that can be summed, multiplied and compared in place.
protocol Accumulable: TensorElement {
    static func sum(_ left: Self, _ right: Self) -> Self
    static func product(_ left: Self, _ right: Self) -> Self
    static func lesser(_ left: Self, _ right: Self) -> Self
    static func greater(_ left: Self, _ right: Self) -> Self
}

extension Accumulable where Self: FixedWidthInteger {
    static func sum(_ left: Self, _ right: Self) -> Self { left &+ right }
    static func product(_ left: Self, _ right: Self) -> Self { left &* right }
    static func lesser(_ left: Self, _ right: Self) -> Self { Swift.min(left, right) }
    static func greater(_ left: Self, _ right: Self) -> Self { Swift.max(left, right) }
}

extension Accumulable where Self: FloatingPoint {
    static func sum(_ left: Self, _ right: Self) -> Self { left + right }
    static func product(_ left: Self, _ right: Self) -> Self { left * right }
    static func lesser(_ left: Self, _ right: Self) -> Self { left.isNaN || left < right ? left : right }
    static func greater(_ left: Self, _ right: Self) -> Self { left.isNaN || left > right ? left : right }
}

extension Float: Accumulable {}
extension Double: Accumulable {}
extension Float16: Accumulable {}
extension Int8: Accumulable {}
extension Int16: Accumulable {}
extension Int32: Accumulable {}
extension Int64: Accumulable {}
extension UInt8: Accumulable {}
extension UInt16: Accumulable {}
extension UInt32: Accumulable {}
extension UInt64: Accumulable {}

extension BFloat16: Accumulable {
    static func sum(_ left: Self, _ right: Self) -> Self { BFloat16(left.float + right.float) }
    static func product(_ left: Self, _ right: Self) -> Self { BFloat16(left.float * right.float) }
    static func lesser(_ left: Self, _ right: Self) -> Self { BFloat16(Float.lesser(left.float, right.float)) }
    static func greater(_ left: Self, _ right: Self) -> Self { BFloat16(Float.greater(left.float, right.float)) }
}

extension Bool: Accumulable {
    static func sum(_ left: Self, _ right: Self) -> Self { left || right }
    static func product(_ left: Self, _ right: Self) -> Self { left && right }
    static func lesser(_ left: Self, _ right: Self) -> Self { left && right }
    static func greater(_ left: Self, _ right: Self) -> Self { left || right }
}

extension Canvas {
    /// Changes the elements in place.
    mutating func update<Element: TensorElement>(
        of type: Element.Type, _ body: (inout MutableSpan<Element>) -> Void
    ) throws(ComputeError) {
        var elements = try memory.elements(of: Element.self)
        body(&elements)
    }

    /// Copies or combines successive runs of neighbouring elements into the given places.
    mutating func scatter(
        _ source: Tensor, to starts: [Int], run: Int, _ reduction: ScatterReduction
    ) throws(ComputeError) {
        if reduction == .none { return try scatter(source, to: starts, run: run) }
        switch elementType {
        case .float32: try combine(Float.self, source, starts, run, reduction)
        case .float64: try combine(Double.self, source, starts, run, reduction)
        case .float16: try combine(Float16.self, source, starts, run, reduction)
        case .bfloat16: try combine(BFloat16.self, source, starts, run, reduction)
        case .int8: try combine(Int8.self, source, starts, run, reduction)
        case .int16: try combine(Int16.self, source, starts, run, reduction)
        case .int32: try combine(Int32.self, source, starts, run, reduction)
        case .int64: try combine(Int64.self, source, starts, run, reduction)
        case .uint8: try combine(UInt8.self, source, starts, run, reduction)
        case .uint16: try combine(UInt16.self, source, starts, run, reduction)
        case .uint32: try combine(UInt32.self, source, starts, run, reduction)
        case .uint64: try combine(UInt64.self, source, starts, run, reduction)
        case .bool: try combine(Bool.self, source, starts, run, reduction)
        default: throw .elementType("\(elementType.name) has no reduction '\(reduction.rawValue)'")
        }
    }

    private mutating func combine<Element: Accumulable>(
        _ type: Element.Type, _ source: Tensor, _ starts: [Int], _ run: Int, _ reduction: ScatterReduction
    ) throws(ComputeError) {
        let from = try source.elements(of: Element.self)
        var to = try memory.elements(of: Element.self)
        let (total, overflow) = starts.count.multipliedReportingOverflow(by: run)
        guard run >= 0, !overflow, total <= from.count else { throw .shape("\(source) has no \(total) elements") }
        for (index, start) in starts.enumerated() {
            guard start >= 0, start <= to.count - run else { throw .shape("a run reaches outside \(shape)") }
            for offset in 0..<run {
                let value = from[index * run + offset]
                switch reduction {
                case .none: to[start + offset] = value
                case .add: to[start + offset] = Element.sum(to[start + offset], value)
                case .mul: to[start + offset] = Element.product(to[start + offset], value)
                case .min: to[start + offset] = Element.lesser(to[start + offset], value)
                case .max: to[start + offset] = Element.greater(to[start + offset], value)
                }
            }
        }
    }
}
