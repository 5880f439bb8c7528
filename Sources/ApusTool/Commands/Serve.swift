// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#if Server
    import Apus
    import ApusServer
    import ApusServing
    import ArgumentParser
    import Glibc

    /// Serves models over HTTP and gRPC.
    struct Serve: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Serves models over HTTP and gRPC, as Triton does.",
            discussion: """
                A path is a model file, a folder of model files, or a Triton model repository. The first SIGTERM or \
                Ctrl-C lets requests under way end, the second ends at once.
                """)

        /// When models are loaded.
        enum ControlMode: String, ExpressibleByArgument, CaseIterable {
            case none
            case poll
            case explicit
            case both = "poll,explicit"
        }

        @Argument(help: "Models and folders of models.", completion: .file())
        var paths: [String] = []

        @Option(
            name: .customLong("model-repository"),
            help: ArgumentHelp("A folder of models; repeatable.", valueName: "folder"))
        var repositories: [String] = []

        @Option(
            help:
                "none: load all at the start; poll: follow changes; explicit: load when asked to; poll,explicit: both.")
        var modelControlMode = ControlMode.none

        @Option(
            name: .customLong("load-model"),
            help: ArgumentHelp("With explicit: load this at the start; repeatable, * for all.", valueName: "name"))
        var loadModels: [String] = []

        @Option(
            help: ArgumentHelp("With poll: look for changes this often, besides following them.", valueName: "seconds"))
        var repositoryPollSecs = 15

        @Option(help: "The address to open ports on.")
        var host = "127.0.0.1"

        @Option(help: "The port of HTTP; 0: any that is free.")
        var httpPort = 8000

        @Option(help: "The port of gRPC; 0: any that is free.")
        var grpcPort = 8001

        @Option(help: "The port of /metrics; 0: any that is free.")
        var metricsPort = 8002

        @Option(help: ArgumentHelp("Speak HTTP on a Unix socket as well.", valueName: "path"))
        var httpSocket: String?

        @Option(help: ArgumentHelp("Speak gRPC on a Unix socket as well.", valueName: "path"))
        var grpcSocket: String?

        @Option(help: ArgumentHelp("Threads that compute; one for each core when left out.", valueName: "count"))
        var threads: Int?

        @Option(help: ArgumentHelp("Requests under way at one time, all models together.", valueName: "count"))
        var maxRequests: Int?

        @Option(help: ArgumentHelp("Requests under way at one time for one model.", valueName: "count"))
        var maxQueue: Int?

        @Option(help: ArgumentHelp("Megabytes of inputs under way at one time.", valueName: "MB"))
        var maxRequestMemory: Int?

        @Option(
            name: .customLong("memory-limit"), help: ArgumentHelp("Megabytes of tensors of one model.", valueName: "MB")
        )
        var memoryLimit: Int?

        @Option(
            help: ArgumentHelp(
                "Load models when they are first asked for, and unload the least recently used, to stay within this, "
                    + "such as 2GB.", valueName: "size"))
        var memoryBudget: ByteSize?

        @Option(
            name: .customLong("pin"),
            help: ArgumentHelp("With a memory budget: load this at the start, and keep it.", valueName: "model"))
        var pinned: [String] = []

        @Option(help: ArgumentHelp("Megabytes of responses kept for equal requests.", valueName: "MB"))
        var responseCache = 0

        @Option(
            help: ArgumentHelp(
                "Close batches so that this part of requests is answered within this time.",
                valueName: "\"p99 20ms\""), transform: Serve.objective)
        var objective: LatencyObjective?

        @Option(help: "execution_count: instances run as their rate_limiter says; off: when they like.")
        var rateLimit = RateLimit.off

        @Option(help: ArgumentHelp("With a rate limit: how many of a resource there are.", valueName: "name:count"))
        var rateLimitResource: [RateLimitResource] = []

        @Option(help: ArgumentHelp("Time for requests under way to end.", valueName: "seconds"))
        var exitTimeoutSecs = 30

        @Option(help: ArgumentHelp("Connections to one port at one time; more wait.", valueName: "count"))
        var maxConnections = 4096

        @Option(help: ArgumentHelp("Connections from one address; more are closed at once.", valueName: "count"))
        var maxConnectionsPerPeer: Int?

        @Flag(help: "Do not measure how models without a configuration are best served.")
        var noMeasure = false

        @Flag(help: "Let clients on this machine pass tensors in shared memory.")
        var allowClientShm = false

        @OptionGroup(title: "Logs and traces")
        var diagnostics: DiagnosticOptions

        func validate() throws {
            guard !(paths + repositories).isEmpty else { throw ValidationError("name a model or a folder of models") }
            for (name, port) in [("http", httpPort), ("grpc", grpcPort), ("metrics", metricsPort)] {
                guard (0...65535).contains(port) else { throw ValidationError("--\(name)-port takes 0 to 65535") }
            }
            if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads takes 1 to 1024") }
            for (name, count) in [
                ("max-requests", maxRequests), ("max-queue", maxQueue), ("max-connections", maxConnections),
                ("max-connections-per-peer", maxConnectionsPerPeer),
            ] {
                if let count, !(1...1 << 30).contains(count) { throw ValidationError("--\(name) takes 1 or more") }
            }
            for (name, size) in [
                ("memory-limit", memoryLimit ?? 1), ("max-request-memory", maxRequestMemory ?? 1),
                ("response-cache", responseCache + 1),
            ] {
                guard (1...1 << 30).contains(size) else { throw ValidationError("--\(name) takes up to \(1 << 30) MB") }
            }
            guard (0...86_400).contains(exitTimeoutSecs) else {
                throw ValidationError("--exit-timeout-secs takes 0 to 86400")
            }
            guard (1...86_400).contains(repositoryPollSecs) else {
                throw ValidationError("--repository-poll-secs takes 1 to 86400")
            }
            try diagnostics.check()
            guard pinned.isEmpty || memoryBudget != nil else { throw ValidationError("--pin needs --memory-budget") }
            guard rateLimitResource.isEmpty || rateLimit == .executionCount else {
                throw ValidationError("--rate-limit-resource needs --rate-limit execution_count")
            }
            guard loadModels.isEmpty || [.explicit, .both].contains(modelControlMode) else {
                throw ValidationError("--load-model needs --model-control-mode explicit")
            }
        }

        @Sendable
        private static func objective(_ text: String) throws -> LatencyObjective {
            guard let objective = LatencyObjective(text) else {
                throw ValidationError("--objective takes a part and a time, such as \"p99 20ms\"")
            }
            return objective
        }

        func run() throws {
            for path in paths + repositories where unsafe access(path, R_OK) != 0 {
                // SAFETY: strerror returns a C string that is valid until the next call; it is copied at once.
                let reason = unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "error \(errno)"
                throw Failure("cannot read \(path): \(reason)")
            }
            let process = ServerProcess(try options()) { event in Lines.write("\(event)") }
            Task.detached {
                do {
                    let left = try await process.run(until: StopSignals.wait)
                    Glibc.exit(left == 0 ? 0 : 1)
                } catch {
                    Lines.write("error: \(error)", to: STDERR_FILENO)
                    Glibc.exit(1)
                }
            }
            // The server ends the process; this thread has nothing to do.
            while true { pause() }
        }

        private func options() throws -> ServerOptions {
            var repository = RepositoryOptions(paths: paths + repositories)
            switch modelControlMode {
            case .none: break
            case .poll: break
            case .explicit, .both:
                repository.allowsLoading = true
                if modelControlMode == .explicit || !loadModels.isEmpty {
                    repository.startup = loadModels.contains("*") ? .all : .named(loadModels)
                }
            }
            if [.poll, .both].contains(modelControlMode) {
                repository.pollInterval = .seconds(repositoryPollSecs)
                repository.watches = true
            }
            repository.benchmark = noMeasure ? nil : SelfBenchmark()
            var options = ServerOptions(repository: repository)
            options.serving.version = Engine.version
            options.serving.threadCount = threads
            if let maxRequests { options.serving.maximumRequests = maxRequests }
            if let maxQueue { options.serving.maximumRequestsPerModel = maxQueue }
            if let maxRequestMemory { options.serving.maximumRequestBytes = maxRequestMemory << 20 }
            options.serving.memoryLimitBytes = memoryLimit.map { $0 << 20 }
            options.serving.responseCacheBytes = responseCache << 20
            options.serving.objective = objective
            if rateLimit == .executionCount {
                options.serving.rateLimits = Dictionary(rateLimitResource.map { ($0.name, $0.count) }) { max($0, $1) }
            }
            if let memoryBudget {
                var residency = Residency.Options(budgetBytes: memoryBudget.count)
                residency.pinned = Set(pinned)
                options.serving.residency = residency
            }
            options.host = host
            options.httpPort = httpPort
            options.grpcPort = grpcPort
            options.metricsPort = metricsPort
            options.httpSocket = httpSocket
            options.grpcSocket = grpcSocket
            options.limitConnections(to: maxConnections, perPeer: maxConnectionsPerPeer)
            options.exitTime = .seconds(exitTimeoutSecs)
            options.allowsSharedMemory = allowClientShm
            options.logs = try diagnostics.logs
            options.traces = try diagnostics.traces
            return options
        }
    }
#endif
