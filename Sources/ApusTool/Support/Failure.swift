// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusFormats
import ArgumentParser

/// How the tool ends, besides 0 for success.
enum Exit {
    /// A model, an input or a run was refused.
    static let failure = ExitCode(1)
    /// The work was done and its result is a difference or a failed case.
    static let difference = ExitCode(2)
}

/// What a command cannot do, in words.
struct Failure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}

/// Runs a command's work; with `json` an error goes to standard output as an object.
func reporting(json: Bool, _ work: () throws -> Void) throws {
    guard json else { return try work() }
    do {
        try work()
    } catch let code as ExitCode {
        throw code
    } catch let error as ValidationError {
        print(JSONValue.object(["error": .object(["message": .string(error.message)])]).text(isIndented: true))
        throw ExitCode.validationFailure
    } catch {
        print(JSONValue.object(["error": describe(error)]).text(isIndented: true))
        throw Exit.failure
    }
}

private func describe(_ error: any Error) -> JSONValue {
    var members = [JSONValue.Member("message", .string("\(error)"))]
    if let error = error as? EngineError {
        members.append(.init("code", .string(error.code.description)))
        let places = [
            ("operator", error.operatorName), ("domain", error.domain), ("node", error.node), ("value", error.value),
        ]
        for (name, text) in places { if let text { members.append(.init(name, .string(text))) } }
        if let opset = error.opset { members.append(.init("opset", JSONValue(opset))) }
    } else if let error = error as? FormatError {
        members.append(.init("code", .string(error.code.rawValue)))
    }
    return .object(members)
}
