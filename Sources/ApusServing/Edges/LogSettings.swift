// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import Synchronization

/// What is logged, as clients see and change it.
package final class LogSettings: Sendable {
    /// The settings at one moment.
    package struct Values: Sendable, Equatable {
        /// Whether events worth knowing are logged.
        package var info = true
        /// Whether warnings are logged.
        package var warning = true
        /// Whether errors are logged.
        package var error = true
        /// How much more is logged; 0: nothing.
        package var verboseLevel: UInt32 = 0
        /// `default` or `ISO8601`.
        package var format = "default"
    }

    /// A change of one setting.
    package enum Value: Sendable, Equatable {
        case bool(Bool)
        case count(UInt32)
        case string(String)
    }

    private let state = Mutex(Values())
    /// How much more is logged, to be asked for with each request.
    package let verboseLevel = Atomic<UInt32>(0)

    /// Makes the settings of a server that logs everything but details.
    package init() {}

    /// The settings now.
    package var values: Values { state.withLock { $0 } }

    /// Changes settings; none is changed when one is wrong.
    ///
    /// - Throws: ``ServingError`` with code `unimplemented` for the file, `invalidArgument` for anything else that is
    ///   unknown or of the wrong type.
    package func change(_ changes: [(name: String, value: Value)]) throws(ServingError) {
        let refusal: ServingError? = state.withLock { state in
            var values = state
            for (name, value) in changes {
                switch (name, value) {
                case ("log_info", .bool(let isOn)): values.info = isOn
                case ("log_warning", .bool(let isOn)): values.warning = isOn
                case ("log_error", .bool(let isOn)): values.error = isOn
                case ("log_verbose_level", .count(let level)): values.verboseLevel = level
                case ("log_format", .string(let format)) where format == "default" || format == "ISO8601":
                    values.format = format
                case ("log_format", _):
                    return ServingError(.invalidArgument, "log_format is no 'default' or 'ISO8601'")
                case ("log_file", _):
                    return ServingError(
                        .unimplemented, "log file location can not be updated through network protocol")
                case ("log_info", _), ("log_warning", _), ("log_error", _):
                    return ServingError(.invalidArgument, "\(name) is no boolean")
                case ("log_verbose_level", _):
                    return ServingError(.invalidArgument, "log_verbose_level is no unsigned integer")
                default: return ServingError(.invalidArgument, "unknown log setting '\(name)'")
                }
            }
            state = values
            verboseLevel.store(values.verboseLevel, ordering: .relaxed)
            return nil
        }
        if let refusal { throw refusal }
    }
}
