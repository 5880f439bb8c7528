// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#if Server
    import ApusServing
    import ArgumentParser

    /// What a server logs and traces, in Triton's words.
    struct DiagnosticOptions: ParsableArguments {
        /// How times are written.
        enum LogFormat: String, ExpressibleByArgument, CaseIterable {
            case `default`
            case iso8601 = "ISO8601"
        }

        @Option(help: ArgumentHelp("1: a line for each request.", valueName: "level"))
        var logVerbose = 0

        @Option(help: ArgumentHelp("Tell of models that come and go.", valueName: "true|false"))
        var logInfo = true

        @Option(help: ArgumentHelp("Tell of requests that are refused.", valueName: "true|false"))
        var logWarning = true

        @Option(help: ArgumentHelp("Tell of what fails.", valueName: "true|false"))
        var logError = true

        @Option(help: "How times are written.")
        var logFormat = LogFormat.default

        @Option(
            name: .customLong("trace-config"),
            help: ArgumentHelp(
                "triton,file=PATH, triton,log-frequency=N, level=TIMESTAMPS, rate=N or count=N; repeatable.",
                valueName: "setting"))
        var traceConfigurations: [String] = []

        func check() throws {
            guard UInt32(exactly: logVerbose) != nil else { throw ValidationError("--log-verbose takes 0 or more") }
            _ = try traces
        }

        /// The settings of the log.
        var logs: LogSettings {
            get throws {
                let logs = LogSettings()
                try logs.change([
                    ("log_verbose_level", .count(UInt32(logVerbose))), ("log_info", .bool(logInfo)),
                    ("log_warning", .bool(logWarning)), ("log_error", .bool(logError)),
                    ("log_format", .string(logFormat.rawValue)),
                ])
                return logs
            }
        }

        /// The settings of the traces.
        var traces: TraceSettings {
            get throws {
                var file: String?
                var changes: [(name: String, value: [String])] = []
                for text in traceConfigurations {
                    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
                    let value = parts.count == 2 ? parts[1] : ""
                    switch parts.first {
                    case "triton,file" where !value.isEmpty: file = value
                    case "triton,log-frequency": changes.append(("log_frequency", [value]))
                    case "rate": changes.append(("trace_rate", [value]))
                    case "count": changes.append(("trace_count", [value]))
                    case "level":
                        let levels = changes.first { $0.name == "trace_level" }?.value ?? []
                        changes.removeAll { $0.name == "trace_level" }
                        changes.append(("trace_level", levels + [value]))
                    case "mode" where value == "triton": break
                    default:
                        throw ValidationError(
                            "--trace-config takes triton,file=PATH, triton,log-frequency=N, level=TIMESTAMPS, rate=N "
                                + "and count=N, not '\(text)'")
                    }
                }
                let traces = TraceSettings(file: file)
                do {
                    try traces.change(nil, changes)
                } catch {
                    throw ValidationError("--trace-config: \(error.message)")
                }
                return traces
            }
        }
    }
#endif
