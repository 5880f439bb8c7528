// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

extension GraphIndex {
    /// Whether both values are tensors of sizes that are known to be the same.
    package func haveSameSizes(_ first: String, _ second: String) -> Bool {
        guard let sizes = dimensions(of: first), let others = dimensions(of: second) else { return false }
        return sizes == others && sizes.allSatisfy { !$0.isUnknown }
    }

    /// The permutation of a `Transpose` node.
    package func permutation(_ node: Node) -> [Int]? {
        if case .integers(let axes)? = node.attributes["perm"] { return axes.map { Int($0) } }
        guard let rank = (dimensions(of: node.inputs[0]) ?? dimensions(of: node.outputs[0]))?.count else { return nil }
        return Array((0..<rank).reversed())
    }

    /// The numbers of a float constant.
    package func numbers(_ name: String) -> [Double]? { constant(name)?.numbers }
}

extension Tensor {
    /// The elements of a floating-point tensor as doubles; nil for other types.
    package var numbers: [Double]? {
        switch elementType {
        case .float32: (try? array(of: Float.self))?.map { Double($0) }
        case .float64: try? array(of: Double.self)
        case .float16: (try? array(of: Float16.self))?.map { Double($0) }
        case .bfloat16: (try? array(of: BFloat16.self))?.map { Double($0.float) }
        default: nil
        }
    }

    /// A floating-point tensor of the given numbers, rounded.
    ///
    /// - Throws: ``ComputeError`` with code `elementType` for other types.
    package init(numbers: [Double], _ elementType: ElementType, shape: Shape) throws(ComputeError) {
        switch elementType {
        case .float32: try self.init(numbers.map { Float($0) }, shape: shape)
        case .float64: try self.init(numbers, shape: shape)
        case .float16: try self.init(numbers.map { Float16($0) }, shape: shape)
        case .bfloat16: try self.init(numbers.map { BFloat16(Float($0)) }, shape: shape)
        default: throw .elementType("\(elementType.name) is no floating-point type")
        }
    }
}

extension Node {
    /// An integer attribute, or the default where it is absent.
    package func integer(_ name: String, default value: Int) -> Int {
        if case .integer(let found)? = attributes[name] { return Int(found) }
        return value
    }

    /// A float attribute, or the default where it is absent.
    package func float(_ name: String, default value: Float) -> Float {
        if case .float(let found)? = attributes[name] { return found }
        return value
    }

    /// Whether an input is written and not empty.
    package func hasInput(_ index: Int) -> Bool { index < inputs.count && !inputs[index].isEmpty }
}
