// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Which models are in memory, who waits for which, and which has to go: a pure state machine.
///
/// Requests that wait are tickets. Every input is given the time in nanoseconds and adds what is to be done to the
/// actions; one load or eviction is under way at a time.
package struct ResidencyTable {
    /// What is to be done.
    package enum Action: Equatable, Sendable {
        case load(String)
        case evict(String)
        /// These may run: each counts as a use of the model until it leaves.
        case admit([Int], model: String)
        /// These are told that the model alone does not fit.
        case refuse([Int], model: String, needed: Int, available: Int)
    }

    /// What becomes of a request that comes.
    package enum Entry: Equatable, Sendable {
        case inside
        case waits
        /// As many wait as may.
        case full
        case unknown
    }

    /// Where a model is.
    package enum Phase: Sendable {
        case absent
        case queued
        case loading
        case resident
        /// It takes no new requests, so that it can go when those it has are done.
        case leaving
        case evicting
    }

    /// What is known of a model.
    struct Model {
        var phase = Phase.absent
        var byteCount = 0
        var isMeasured = false
        var isPinned = false
        var useCount = 0
        var lastUse = Int64.min
        var waiting: [Int] = []

        var isThere: Bool { phase == .resident || phase == .leaving || phase == .evicting || phase == .loading }
    }

    /// The bytes all models together may take.
    package let budget: Int
    private let mostWaiting: Int
    private let patience: Int64
    private(set) var models: [String: Model] = [:]
    private var queue: [String] = []
    private var busy: String?
    private var blockedSince: Int64?

    /// Makes a table without models; `patience` is how long a load waits before a model in use is let run dry.
    package init(budget: Int, mostWaiting: Int, patience: Duration) {
        self.budget = budget
        self.mostWaiting = mostWaiting
        self.patience = patience.wholeNanoseconds
    }

    /// The bytes of the models that are in memory, or on their way in or out.
    package var usedByteCount: Int { models.values.reduce(0) { $0 + ($1.isThere ? $1.byteCount : 0) } }

    /// Where a model is; nil for one nobody knows.
    package func phase(of name: String) -> Phase? { models[name]?.phase }

    /// When ``timer(now:_:)`` is to be called.
    package var nextTimer: Int64? {
        guard let blockedSince, busy == nil, !models.values.contains(where: { $0.phase == .leaving }) else {
            return nil
        }
        return blockedSince + patience
    }

    // MARK: - Models

    /// A model may be loaded when it is asked for; the bytes are what it is thought to take.
    package mutating func know(_ name: String, byteCount: Int, isPinned: Bool) {
        var model = models[name] ?? Model()
        model.isPinned = isPinned
        if !model.isThere { (model.byteCount, model.isMeasured) = (byteCount, false) }
        models[name] = model
    }

    /// A model is not to be loaded any more.
    ///
    /// - Returns: The requests that waited for it.
    package mutating func forget(_ name: String, now: Int64, _ actions: inout [Action]) -> [Int] {
        let waiting = models.removeValue(forKey: name)?.waiting ?? []
        queue.removeAll { $0 == name }
        if busy == name { busy = nil }
        step(now, &actions)
        return waiting
    }

    /// A model is in memory and takes so many bytes, as measured; `isPinned` for one that cannot be loaded again.
    ///
    /// - Returns: Whether it fits; one that does not goes again.
    @discardableResult
    package mutating func loaded(
        _ name: String, byteCount: Int, isPinned: Bool, now: Int64, _ actions: inout [Action]
    ) -> Bool {
        var model = models[name] ?? Model()
        if busy == name { busy = nil }
        queue.removeAll { $0 == name }
        (model.byteCount, model.isMeasured, model.phase, model.lastUse) = (byteCount, true, .resident, now)
        model.isPinned = model.isPinned || isPinned
        models[name] = model
        if byteCount > budget - pinnedByteCount(without: name) {
            refuse(name, &actions)
            if model.useCount == 0 { evict(name, &actions) } else { models[name]?.phase = .leaving }
            return false
        }
        admit(name, &actions)
        step(now, &actions)
        return true
    }

    /// What has to go before a model can be loaded that somebody asked for by name; it counts as gone from now on.
    package mutating func victim(for name: String, byteCount: Int) -> String? {
        let others = models.reduce(0) { $0 + ($1.key != name && $1.value.isThere ? $1.value.byteCount : 0) }
        guard others.addingReportingOverflow(byteCount).overflow || others + byteCount > budget else { return nil }
        let victim = models.filter {
            $0.key != name && !$0.value.isPinned && $0.value.useCount == 0
                && ($0.value.phase == .resident || $0.value.phase == .leaving)
        }.min { ($0.value.lastUse, $0.key) < ($1.value.lastUse, $1.key) }?.key
        if let victim { models[victim]?.phase = .evicting }
        return victim
    }

    /// A model could not be loaded.
    ///
    /// - Returns: The requests that waited for it.
    package mutating func failed(_ name: String, now: Int64, _ actions: inout [Action]) -> [Int] {
        if busy == name { busy = nil }
        let waiting = models[name]?.waiting ?? []
        models[name]?.waiting = []
        if models[name]?.phase == .loading { models[name]?.phase = .absent }
        step(now, &actions)
        return waiting
    }

    /// A model is out of memory.
    package mutating func evicted(_ name: String, now: Int64, _ actions: inout [Action]) {
        if busy == name { busy = nil }
        models[name]?.phase = .absent
        if let model = models[name], !model.waiting.isEmpty { enqueue(name) }
        step(now, &actions)
    }

    /// What a model in memory takes has been measured again.
    package mutating func measured(_ name: String, byteCount: Int) {
        if models[name]?.isThere ?? false { models[name]?.byteCount = byteCount }
    }

    // MARK: - Requests

    /// A request comes for a model.
    package mutating func enter(_ name: String, _ ticket: Int, now: Int64, _ actions: inout [Action]) -> Entry {
        guard var model = models[name] else { return .unknown }
        if model.phase == .resident {
            model.useCount += 1
            model.lastUse = now
            models[name] = model
            return .inside
        }
        guard model.waiting.count < mostWaiting else { return .full }
        model.waiting.append(ticket)
        models[name] = model
        if model.phase == .absent { enqueue(name) }
        step(now, &actions)
        return .waits
    }

    /// A request that was inside is done.
    package mutating func leave(_ name: String, now: Int64, _ actions: inout [Action]) {
        guard let model = models[name], model.useCount > 0 else { return }
        models[name]?.useCount = model.useCount - 1
        models[name]?.lastUse = now
        if model.useCount == 1, blockedSince != nil || model.phase == .leaving { step(now, &actions) }
    }

    /// A request does not wait any more; false when it did not wait.
    package mutating func cancel(_ ticket: Int, of name: String) -> Bool {
        guard let place = models[name]?.waiting.firstIndex(of: ticket) else { return false }
        models[name]?.waiting.remove(at: place)
        return true
    }

    /// The time that was asked for has come.
    package mutating func timer(now: Int64, _ actions: inout [Action]) { step(now, &actions) }

    // MARK: - Steps

    private mutating func enqueue(_ name: String) {
        models[name]?.phase = .queued
        if !queue.contains(name) { queue.append(name) }
    }

    private mutating func admit(_ name: String, _ actions: inout [Action]) {
        guard let waiting = models[name]?.waiting, !waiting.isEmpty else { return }
        models[name]?.useCount += waiting.count
        models[name]?.waiting = []
        actions.append(.admit(waiting, model: name))
    }

    private mutating func refuse(_ name: String, _ actions: inout [Action]) {
        guard let model = models[name], !model.waiting.isEmpty else { return }
        models[name]?.waiting = []
        actions.append(
            .refuse(
                model.waiting, model: name, needed: model.byteCount,
                available: max(0, budget - pinnedByteCount(without: name))))
    }

    private mutating func evict(_ name: String, _ actions: inout [Action]) {
        models[name]?.phase = .evicting
        busy = name
        actions.append(.evict(name))
    }

    private func pinnedByteCount(without name: String) -> Int {
        models.reduce(0) { $0 + ($1.key != name && $1.value.isPinned && $1.value.isThere ? $1.value.byteCount : 0) }
    }

    private mutating func step(_ now: Int64, _ actions: inout [Action]) {
        while busy == nil {
            let isOver = usedByteCount > budget
            guard isOver || !queue.isEmpty else { return settle(&actions) }
            if !isOver, let name = queue.first, startOrRefuse(name, &actions) { continue }
            guard makeRoom(now, &actions) else { return }
        }
    }

    /// Loads the model in front where there is room, or lets it go where there never will be; false when others have to
    /// go first.
    private mutating func startOrRefuse(_ name: String, _ actions: inout [Action]) -> Bool {
        guard let model = models[name] else {
            queue.removeFirst()
            return true
        }
        guard !model.waiting.isEmpty else {
            queue.removeFirst()
            models[name]?.phase = .absent
            return true
        }
        let available = budget - pinnedByteCount(without: name)
        // What is only thought may be wrong by a little: such a model is tried alone.
        let (twice, _) = max(0, available).multipliedReportingOverflow(by: 2)
        guard model.byteCount <= (model.isMeasured ? available : twice), available > 0 else {
            queue.removeFirst()
            refuse(name, &actions)
            models[name]?.phase = .absent
            return true
        }
        guard usedByteCount + min(model.byteCount, available) <= budget else { return false }
        queue.removeFirst()
        models[name]?.phase = .loading
        busy = name
        blockedSince = nil
        actions.append(.load(name))
        return true
    }

    /// Has the model go that nobody has used for the longest; false when all that may go are in use.
    private mutating func makeRoom(_ now: Int64, _ actions: inout [Action]) -> Bool {
        func oldest(_ condition: (Model) -> Bool) -> String? {
            models.filter { !$0.value.isPinned && condition($0.value) }
                .min { ($0.value.lastUse, $0.key) < ($1.value.lastUse, $1.key) }?.key
        }
        let isLeft = oldest { $0.phase == .leaving && $0.useCount == 0 }
        if let name = isLeft ?? oldest({ $0.phase == .resident && $0.useCount == 0 }) {
            evict(name, &actions)
            return true
        }
        let since = blockedSince ?? now
        blockedSince = since
        guard now - since >= patience, oldest({ $0.phase == .leaving }) == nil else { return false }
        if let name = oldest({ $0.phase == .resident }) { models[name]?.phase = .leaving }
        return false
    }

    /// Nobody needs room: what was to leave may stay.
    private mutating func settle(_ actions: inout [Action]) {
        blockedSince = nil
        for name in models.filter({ $0.value.phase == .leaving }).keys.sorted() {
            models[name]?.phase = .resident
            admit(name, &actions)
        }
    }
}
