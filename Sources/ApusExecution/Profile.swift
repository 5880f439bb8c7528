// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

public import ApusTensors

/// Times of one run, step by step, on the monotonic clock.
public struct Profile: Sendable {
    /// One step's share of a run.
    public struct Entry: Sendable {
        /// The node.
        public var place: NodePlace
        /// When it began, since the run's begin.
        public var start: Duration
        /// How long it took.
        public var duration: Duration
        /// The shapes of the tensors it read, constants included; nil for what is absent or no tensor.
        public var inputShapes: [Shape?]
        /// The shapes of the tensors it wrote.
        public var outputShapes: [Shape?]
        /// The bytes of the tensors it read and wrote, each counted once.
        public var byteCount: Int
        /// The multiply-adds that the definition of its result takes; 0 where nobody counts them.
        public var multiplyAdds: Int
    }

    /// The steps in the order they ran; steps inside subgraphs come before the node that ran them.
    public var entries: [Entry] = []
    /// How long the whole run took.
    public var total: Duration = .zero
}
