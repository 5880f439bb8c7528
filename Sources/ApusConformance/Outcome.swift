// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// How one case ended.
public enum Outcome: Sendable, Hashable {
    /// Every output agreed.
    case passed
    /// An output differed or something threw.
    case failed(String)
    /// It was not run, and why.
    case skipped(String)
}

/// One case's result on one stage, instruction set and backend.
public struct CaseResult: Sendable {
    /// The folder's name.
    public var name: String
    /// The operators of the model, sorted.
    public var operators: [String]
    /// How it ended.
    public var outcome: Outcome
}
