// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// A list of small numbers, each in it at most once, from which any can be taken out at once.
struct IndexList {
    private struct Link {
        var isIn = false
        var previous: Int?
        var next: Int?
    }

    private var links: [Link] = []
    private(set) var first: Int?
    private var last: Int?
    private(set) var count = 0

    func contains(_ index: Int) -> Bool { links.indices.contains(index) && links[index].isIn }

    mutating func append(_ index: Int) {
        while links.count <= index { links.append(Link()) }
        guard !links[index].isIn else { return }
        links[index] = Link(isIn: true, previous: last, next: nil)
        if let last { links[last].next = index } else { first = index }
        last = index
        count += 1
    }

    mutating func remove(_ index: Int) {
        guard contains(index) else { return }
        let link = links[index]
        if let previous = link.previous { links[previous].next = link.next } else { first = link.next }
        if let next = link.next { links[next].previous = link.previous } else { last = link.previous }
        links[index] = Link()
        count -= 1
    }
}
