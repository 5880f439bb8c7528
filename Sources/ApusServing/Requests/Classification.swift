// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors
import Glibc

/// The highest values of an output as text, "value:index" or "value:index:label", the highest first.
package struct Classification {
    /// How many are wanted of each row.
    package var count: Int
    /// Whether each element of the first dimension is a row of its own.
    package var keepsBatch: Bool

    private static let mostElements = 1_000_000

    /// Asks for so many values of each row.
    package init(count: Int, keepsBatch: Bool) {
        self.count = count
        self.keepsBatch = keepsBatch
    }

    /// Refuses outputs without an order.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument`.
    package func check(_ output: TensorSpecification, _ request: InferenceRequest) throws(ServingError) {
        guard count > 0 else {
            throw ServingError(
                .invalidArgument,
                request.prefix + "classification of output '\(output.name)' is \(count), expected at least 1")
        }
        switch output.datatype {
        case .bool, .float16, .bfloat16, .bytes:
            throw ServingError(
                .invalidArgument,
                request.prefix
                    + "output '\(output.name)' is \(output.datatype), and class result not available for it: expected "
                    + "whole numbers, FP32 or FP64")
        default: break
        }
    }

    /// Makes text of the highest values of each row.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument` for too many elements.
    package func apply(to tensor: Tensor, labels: [String]) throws(ServingError) -> Tensor {
        guard tensor.elementCount <= Self.mostElements else {
            throw ServingError(
                .invalidArgument,
                "classification of \(tensor.elementCount) elements, expected at most \(Self.mostElements)")
        }
        do throws(ComputeError) {
            switch tensor.elementType {
            case .float32: return try strings(tensor, labels, of: Float.self) { Self.text(Double($0)) }
            case .float64: return try strings(tensor, labels, of: Double.self) { Self.text($0) }
            case .int8: return try strings(tensor, labels, of: Int8.self) { String($0) }
            case .int16: return try strings(tensor, labels, of: Int16.self) { String($0) }
            case .int32: return try strings(tensor, labels, of: Int32.self) { String($0) }
            case .int64: return try strings(tensor, labels, of: Int64.self) { String($0) }
            case .uint8: return try strings(tensor, labels, of: UInt8.self) { String($0) }
            case .uint16: return try strings(tensor, labels, of: UInt16.self) { String($0) }
            case .uint32: return try strings(tensor, labels, of: UInt32.self) { String($0) }
            case .uint64: return try strings(tensor, labels, of: UInt64.self) { String($0) }
            default: throw .elementType("\(tensor) has no classes")
            }
        } catch {
            throw ServingError(.invalidArgument, error.message)
        }
    }

    private func strings<Element: TensorElement & Comparable>(
        _ tensor: Tensor, _ labels: [String], of type: Element.Type, _ text: (Element) -> String
    ) throws(ComputeError) -> Tensor {
        let elements = try tensor.elements(of: Element.self)
        let rowCount = keepsBatch && tensor.shape.rank > 0 ? tensor.shape[0] : 1
        let width = rowCount > 0 ? elements.count / rowCount : 0
        let kept = min(count, width)
        var result: [String] = []
        result.reserveCapacity(rowCount * kept)
        for row in 0..<rowCount {
            let start = row * width
            for index in Self.highest(kept, of: width, { elements[start + $0] }) {
                let label = index < labels.count ? ":" + labels[index] : ""
                result.append("\(text(elements[start + index])):\(index)\(label)")
            }
        }
        return try Tensor(strings: result, shape: keepsBatch ? Shape(rowCount, kept) : .vector(kept))
    }

    /// The places of the highest values, the highest first; values that have no order come last.
    private static func highest<Element: Comparable>(
        _ count: Int, of width: Int, _ value: (Int) -> Element
    ) -> [Int] {
        func isBefore(_ left: Int, _ right: Int) -> Bool {
            let (first, second) = (value(left), value(right))
            if first > second { return true }
            if first < second { return false }
            // Equal, or one of them is no number.
            let (isNumber, isOther) = (first == first, second == second)
            return isNumber == isOther ? left < right : isNumber
        }
        var best: [Int] = []
        guard count > 0 else { return best }
        best.reserveCapacity(count + 1)
        if count > 64 { return Array((0..<width).sorted(by: isBefore).prefix(count)) }
        for index in 0..<width {
            if best.count == count, !isBefore(index, best[count - 1]) { continue }
            let place = best.firstIndex { isBefore(index, $0) } ?? best.count
            best.insert(index, at: place)
            if best.count > count { best.removeLast() }
        }
        return best
    }

    /// Six digits after the point, as C's `%f` writes them.
    private static func text(_ value: Double) -> String {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 400) { buffer in
            // SAFETY: the call writes at most the buffer's size, a zero at the end; the longest number is 317 long.
            let count = unsafe withVaList([value]) { unsafe vsnprintf(buffer.baseAddress, buffer.count, "%f", $0) }
            let length = max(0, min(Int(count), buffer.count - 1))
            return unsafe String(decoding: buffer.prefix(length).lazy.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}
