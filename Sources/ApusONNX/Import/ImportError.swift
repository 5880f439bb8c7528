// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

public import ApusTensors

/// Why a model or tensor file is refused.
public struct ImportError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of refusal; tests compare it.
    public enum Code: String, Hashable, Sendable {
        /// The file is missing, empty, unreadable or not a regular file.
        case file
        /// The bytes are not the protocol buffers they should be.
        case malformed
        /// A size, count or depth passes a limit.
        case limit
        /// A version or feature this reader does not know.
        case unsupported
        /// An operator the catalogue does not know.
        case unknownOperator
        /// An operator refused its node.
        case refusedOperator
        /// Names or edges that make no graph: a cycle, a duplicate, a name that nothing makes.
        case graph
        /// A tensor whose sizes, type and data disagree.
        case tensor
        /// External data that is missing, too short or outside the model's folder.
        case externalData
        /// A plan file that is not as it was written.
        case damaged
        /// A plan file of another version.
        case stalePlan
    }

    /// The kind of refusal.
    public var code: Code
    /// What was expected and what was there instead.
    public var message: String
    /// Where in the file, when that is known.
    public var byteOffset: Int?
    /// What the operator or tensor operation said.
    public var cause: ComputeError?
    /// The file, when there is one.
    public var path: String?

    /// Makes an error of the given kind.
    public init(_ code: Code, _ message: String, at byteOffset: Int? = nil, cause: ComputeError? = nil) {
        self.code = code
        self.message = message
        self.byteOffset = byteOffset
        self.cause = cause
    }

    /// File, message, place and cause in one line.
    public var description: String {
        let file = path.map { "'\($0)': " } ?? ""
        let place = byteOffset.map { " (at byte \($0))" } ?? ""
        let reason = cause.map { ": \($0.message)" } ?? ""
        return file + message + place + reason
    }

    func naming(_ path: String?) -> ImportError {
        var copy = self
        copy.path = copy.path ?? path
        return copy
    }
}

extension String {
    /// The name in quotes, shortened when it is absurdly long.
    var quoted: String { count <= 200 ? "'\(self)'" : "'\(prefix(200))…'" }
}
