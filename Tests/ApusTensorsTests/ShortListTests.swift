// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors
import Testing

@Suite struct ShortListTests {
    @Test("A list behaves as an array does, in place and beyond", arguments: [0, 1, 7, 8, 9, 20])
    func likeArray(count: Int) {
        var array = Array(0..<count)
        var list = ShortList(array)
        #expect(Array(list) == array && list.count == count)
        array.append(5)
        list.append(5)
        array.insert(6, at: count / 2)
        list.insert(6, at: count / 2)
        array[0] = 9
        list[0] = 9
        #expect(Array(list) == array && list == ShortList(array) && list.description == array.description)
        array.removeFirst()
        list.removeFirst()
        array += [1, 2, 3]
        list += [1, 2, 3]
        array.removeLast(2)
        list.removeLast(2)
        #expect(Array(list) == array && list.hashValue == ShortList(array).hashValue)
        #expect(list.reduce(0, +) == array.reduce(0, +))
    }

    @Test("Elements given one by one make the list that a literal makes")
    func elements() {
        #expect(ShortList(1, 2) == [1, 2] && ShortList(1, 2, 3, 4, 5, 6) == [1, 2, 3, 4, 5, 6])
        #expect(Shape.vector(4) == [4] && Shape(1, 2) == [1, 2] && Shape(1, 2, 3, 4) == [1, 2, 3, 4])
    }

    @Test("Copies do not change with each other")
    func copies() {
        let first = ShortList(repeating: 1, count: 12)
        var second = first
        second[11] = 2
        #expect(first != second && first[11] == 1)
    }

    @Test("Shapes of any rank have sizes, strides and broadcasts")
    func shapes() throws {
        let wide = Shape((1...10).map { $0 })
        #expect(wide.rank == 10 && wide.elementCount == 3_628_800 && wide.dimensions == Array(1...10))
        #expect(Array(wide.steps) == wide.strides && wide.strides[8] == 10)
        #expect(try Shape([2, 1]).broadcast(with: [3]) == [2, 3])
        #expect(Shape([2, 1]).strides(broadcastTo: [4, 2, 3]) == [0, 1, 0])
        #expect(Shape.scalar.rank == 0 && Shape.scalar.elementCount == 1)
    }
}
