// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Which instances may run now, by the resources they need together and by their priorities: a pure state machine.
///
/// Each instance is a client with a number. Those that wait come in the order of how often they ran, times their
/// priority; one that has to wait for a resource keeps those behind it from taking that resource.
package struct RateLimiter {
    /// Why a client cannot be.
    package struct Refusal: Error, Equatable {
        /// The resource.
        package var resource: String
        /// What the client needs of it.
        package var needed: Int
        /// What there is of it.
        package var limit: Int

        /// Says what was too much.
        package init(resource: String, needed: Int, limit: Int) {
            (self.resource, self.needed, self.limit) = (resource, needed, limit)
        }
    }

    private struct Client {
        var needs: [String: Int]
        var priority: Int
        /// Executions so far, each counted as the priority says.
        var pass: Int
        /// When it began to wait; nil while it does not.
        var since: Int?
        var isRunning = false
    }

    private let limits: [String: Int]
    private var clients: [Int: Client] = [:]
    private var used: [String: Int] = [:]
    private var nextClient = 0
    private var serial = 0
    /// The pass of the last client that was let run: newcomers begin there, so that they do not make up for the past.
    private var lastPass = 0

    /// Makes a limiter with so many of some resources; of others there are as many as the client that needs most.
    package init(limits: [String: Int]) { self.limits = limits }

    /// How many of a resource there are.
    package func limit(of resource: String) -> Int {
        limits[resource] ?? clients.values.reduce(0) { max($0, $1.needs[resource] ?? 0) }
    }

    /// How many of a resource are in use.
    package func usedCount(of resource: String) -> Int { used[resource] ?? 0 }

    /// Adds a client that needs so much of some resources for every run; a priority of 2 runs half as often as one of 1
    /// where both always want to.
    ///
    /// - Throws: ``Refusal`` for one that needs more than there is.
    package mutating func add(needs: [String: Int], priority: Int) throws(Refusal) -> Int {
        for (name, count) in needs.sorted(by: { $0.key < $1.key }) {
            if let limit = limits[name], count > limit { throw Refusal(resource: name, needed: count, limit: limit) }
        }
        nextClient += 1
        clients[nextClient] = Client(needs: needs.filter { $0.value > 0 }, priority: max(1, priority), pass: lastPass)
        return nextClient
    }

    /// Removes a client that does not run.
    ///
    /// - Returns: The clients that may run now.
    package mutating func remove(_ client: Int) -> [Int] {
        if clients[client]?.isRunning ?? false { giveBack(client) }
        clients[client] = nil
        return grant()
    }

    /// A client wants to run.
    ///
    /// - Returns: The clients that may run now.
    package mutating func request(_ client: Int) -> [Int] {
        guard let known = clients[client], !known.isRunning, known.since == nil else { return [] }
        serial += 1
        clients[client]?.since = serial
        clients[client]?.pass = max(known.pass, lastPass)
        return grant()
    }

    /// A client has run.
    ///
    /// - Returns: The clients that may run now.
    package mutating func finish(_ client: Int) -> [Int] {
        guard clients[client]?.isRunning ?? false else { return [] }
        giveBack(client)
        return grant()
    }

    private mutating func giveBack(_ client: Int) {
        for (name, count) in clients[client]?.needs ?? [:] { used[name, default: 0] -= count }
        clients[client]?.isRunning = false
    }

    private mutating func grant() -> [Int] {
        let waiting = clients.compactMap { number, client in client.since.map { (client.pass, $0, number) } }.sorted(
            by: <)
        var granted: [Int] = []
        var reserved: Set<String> = []
        for (_, _, number) in waiting {
            guard let client = clients[number] else { continue }
            let fits = client.needs.allSatisfy { name, count in
                !reserved.contains(name) && usedCount(of: name) + count <= limit(of: name)
            }
            guard fits else {
                reserved.formUnion(client.needs.keys)
                continue
            }
            for (name, count) in client.needs { used[name, default: 0] += count }
            lastPass = max(lastPass, client.pass)
            clients[number]?.pass = client.pass &+ client.priority
            clients[number]?.since = nil
            clients[number]?.isRunning = true
            granted.append(number)
        }
        return granted
    }
}
