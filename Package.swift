// swift-tools-version: 6.2
// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

let package = Package(
    name: "apus",
    products: [
        .library(name: "Apus", targets: ["Apus", "ApusGraphs", "ApusKernels", "ApusTensors"]),
        .library(name: "ApusConformance", targets: ["ApusConformance"]),
        .executable(name: "apus", targets: ["apus"]),
        .library(name: "ApusAllocations", type: .dynamic, targets: ["CApusAllocations"]),
    ],
    traits: [
        .trait(name: "Server", description: "The commands serve, lint and explain, with the libraries they need."),
        .default(enabledTraits: ["Server"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.1"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
        .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-protobuf", from: "2.4.1"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Inner loops.
        .target(name: "CApusKernels"),
        .target(name: "ApusKernels", dependencies: ["CApusKernels"]),

        // Data and graphs.
        .target(name: "CApusFiles"),
        .target(name: "ApusTensors", dependencies: ["CApusFiles"]),
        .target(name: "ApusGraphs", dependencies: ["ApusTensors", "ApusKernels"]),

        // Meaning: one file per operator, listed by the plugin.
        .executableTarget(name: "OperatorCatalogueGenerator"),
        .plugin(
            name: "OperatorCatalogue", capability: .buildTool(),
            dependencies: ["OperatorCatalogueGenerator"]),
        .target(
            name: "ApusOperators", dependencies: ["ApusGraphs", "ApusKernels", "ApusTensors"],
            plugins: ["OperatorCatalogue"]),

        // Model files.
        .target(name: "ApusONNX", dependencies: ["ApusGraphs", "ApusTensors"]),

        // Simplify, lower, run.
        .target(name: "ApusPasses", dependencies: ["ApusGraphs", "ApusOperators", "ApusTensors"]),
        .executableTarget(name: "KernelDigestGenerator"),
        .plugin(name: "KernelDigest", capability: .buildTool(), dependencies: ["KernelDigestGenerator"]),
        .target(
            name: "ApusExecution",
            dependencies: ["ApusGraphs", "ApusKernels", "ApusOperators", "ApusTensors"],
            plugins: ["KernelDigest"]),

        // The public door.
        .target(
            name: "Apus",
            dependencies: [
                "ApusExecution", "ApusGraphs", "ApusKernels", "ApusONNX", "ApusOperators", "ApusPasses",
                "ApusTensors",
            ]),
        .target(
            name: "ApusConformance",
            dependencies: ["Apus", "ApusExecution", "ApusGraphs", "ApusKernels", "ApusONNX", "ApusTensors"]),
        .target(name: "CApusLoader"),
        .target(
            name: "ApusNativeBackends",
            dependencies: ["ApusExecution", "ApusGraphs", "ApusKernels", "ApusONNX", "ApusTensors", "CApusLoader"]),
        .systemLibrary(name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg62-turbo-dev"])]),
        .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
        .systemLibrary(name: "COpenJPEG", pkgConfig: "libopenjp2", providers: [.apt(["libopenjp2-7-dev"])]),
        .systemLibrary(name: "CWebP", pkgConfig: "libwebp", providers: [.apt(["libwebp-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "CApusImages", dependencies: ["CJPEG", "COpenJPEG", "CPNG", "CWebP"]),
        .target(name: "CApusArchives", dependencies: ["CZlib"]),
        .target(name: "CApusZstd", dependencies: ["CZstd"]),
        .target(name: "ApusFormats", dependencies: ["ApusTensors", "CApusArchives", "CApusImages"]),

        // Counts allocations in a process that is started with it preloaded.
        .target(name: "CApusAllocations"),

        // The server: what it measures, what it speaks of, its core, the ways in, and the process.
        .target(name: "ApusTelemetry"),
        .target(
            name: "ApusProtocol", dependencies: [.product(name: "SwiftProtobuf", package: "swift-protobuf")],
            exclude: ["Protos"]),
        .target(
            name: "ApusServing",
            dependencies: [
                "Apus", "ApusExecution", "ApusKernels", "ApusProtocol", "ApusTelemetry", "ApusTensors",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ]),
        .target(
            name: "ApusServingTransport",
            dependencies: [
                "ApusServing", "ApusTelemetry", "CApusArchives", "CApusZstd",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOExtras", package: "swift-nio-extras"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .target(
            name: "ApusServingHTTP",
            dependencies: [
                "ApusProtocol", "ApusServing", "ApusServingTransport", "ApusTelemetry", "ApusTensors",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
            ]),
        .target(
            name: "ApusServingGRPC",
            dependencies: [
                "ApusProtocol", "ApusServing", "ApusServingTransport", "ApusTelemetry", "ApusTensors",
                .product(name: "GRPCCore", package: "grpc-swift-2"),
                .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ]),
        .target(
            name: "ApusServer",
            dependencies: [
                "ApusServing", "ApusServingGRPC", "ApusServingHTTP", "ApusServingTransport", "ApusTelemetry",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]),

        // The tool.
        .executableTarget(
            name: "apus",
            dependencies: [
                "Apus", "ApusConformance", "ApusExecution", "ApusFormats", "ApusGraphs", "ApusKernels",
                "ApusNativeBackends", "ApusONNX", "ApusOperators", "ApusPasses", "ApusTensors",
                .target(name: "ApusServer", condition: .when(traits: ["Server"])),
                .target(name: "ApusServing", condition: .when(traits: ["Server"])),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/ApusTool"),

        // Mutates models and counts what goes wrong.
        .executableTarget(
            name: "apus-fuzz",
            dependencies: ["Apus", "ApusExecution", "ApusGraphs", "ApusONNX", "ApusTensors"],
            path: "Sources/ApusFuzz"),

        // The readers that libFuzzer and the tests feed.
        .target(
            name: "ApusFuzzTargets", dependencies: ["ApusFormats", "ApusGraphs", "ApusONNX", "ApusTensors"],
            path: "Fuzz/Targets"),
        .target(
            name: "ApusServingFuzzTargets",
            dependencies: [
                "Apus", "ApusProtocol", "ApusServing", "ApusServingHTTP", "ApusServingTransport",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            path: "Fuzz/ServingTargets"),

        // Tests.
        .testTarget(name: "ApusTensorsTests", dependencies: ["ApusTensors"]),
        .testTarget(name: "ApusKernelsTests", dependencies: ["ApusKernels", "CApusKernels"]),
        .testTarget(name: "ApusGraphsTests", dependencies: ["ApusGraphs", "ApusOperators", "ApusTensors"]),
        .testTarget(
            name: "ApusOperatorsTests", dependencies: ["ApusGraphs", "ApusKernels", "ApusOperators", "ApusTensors"]),
        .testTarget(
            name: "ApusONNXTests",
            dependencies: [
                "ApusGraphs", "ApusONNX", "ApusOperators", "ApusTensors",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ]),
        .testTarget(
            name: "ApusPassesTests", dependencies: ["ApusGraphs", "ApusOperators", "ApusPasses", "ApusTensors"]),
        .testTarget(
            name: "ApusExecutionTests",
            dependencies: ["ApusExecution", "ApusGraphs", "ApusKernels", "ApusOperators", "ApusPasses", "ApusTensors"]),
        .testTarget(
            name: "ApusNativeBackendsTests",
            dependencies: ["ApusExecution", "ApusGraphs", "ApusKernels", "ApusNativeBackends", "ApusTensors"]),
        .testTarget(name: "ApusFormatsTests", dependencies: ["ApusFormats", "ApusTensors"]),
        .testTarget(name: "ApusTests", dependencies: ["Apus", "ApusGraphs", "ApusKernels", "ApusTensors"]),
        .testTarget(
            name: "ApusToolTests", dependencies: ["ApusFormats", "ApusGraphs", "ApusONNX", "ApusTensors", "apus"]),
        .testTarget(
            name: "RealModelTests",
            dependencies: ["Apus", "ApusExecution", "ApusFormats", "ApusGraphs", "ApusNativeBackends", "ApusONNX"]),
        .testTarget(name: "ApusTelemetryTests", dependencies: ["ApusTelemetry"]),
        .testTarget(
            name: "ApusServingTests",
            dependencies: [
                "Apus", "ApusExecution", "ApusGraphs", "ApusProtocol", "ApusServing", "ApusTelemetry", "ApusTensors",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ]),
        .testTarget(
            name: "ApusServingHTTPTests",
            dependencies: [
                "Apus", "ApusProtocol", "ApusServing", "ApusServingHTTP", "ApusServingTransport", "ApusTensors",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ]),
        .testTarget(
            name: "ApusServingGRPCTests",
            dependencies: [
                "Apus", "ApusProtocol", "ApusServing", "ApusServingGRPC", "ApusServingTransport", "ApusTensors",
                .product(name: "GRPCCore", package: "grpc-swift-2"),
                .product(name: "GRPCInProcessTransport", package: "grpc-swift-2"),
                .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ]),
        .testTarget(name: "ApusServerTests", dependencies: ["ApusServer", "ApusServing"]),
        .testTarget(
            name: "FuzzTests", dependencies: ["ApusFuzzTargets", "ApusServingFuzzTargets", "apus-fuzz"]),
        .testTarget(name: "ArchitectureTests"),
    ]
)

for target in package.targets where target.type != .plugin && target.type != .system {
    let isC = target.name.hasPrefix("C")
    if isC {
        target.cSettings = (target.cSettings ?? []) + [.treatAllWarnings(as: .error)]
        continue
    }
    var settings = target.swiftSettings ?? []
    settings.append(.swiftLanguageMode(.v6))
    settings.append(.strictMemorySafety())
    settings.append(.treatAllWarnings(as: .error))
    // SE-0335: https://github.com/swiftlang/swift-evolution/blob/main/proposals/0335-existential-any.md
    settings.append(.enableUpcomingFeature("ExistentialAny"))
    // SE-0409: https://github.com/swiftlang/swift-evolution/blob/main/proposals/0409-access-level-on-imports.md
    settings.append(.enableUpcomingFeature("InternalImportsByDefault"))
    // SE-0444: https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
    // Not where SwiftProtobuf is beside Glibc: 6.3.1 then takes timespec's members for another module's in some builds.
    if target.name != "ApusServing" { settings.append(.enableUpcomingFeature("MemberImportVisibility")) }
    // SE-0461: https://github.com/swiftlang/swift-evolution/blob/main/proposals/0461-async-function-isolation.md
    settings.append(.enableUpcomingFeature("NonisolatedNonsendingByDefault"))
    // SE-0470: https://github.com/swiftlang/swift-evolution/blob/main/proposals/0470-isolated-conformances.md
    settings.append(.enableUpcomingFeature("InferIsolatedConformances"))
    // Functions that return spans: https://github.com/swiftlang/swift-evolution/pull/2750
    settings.append(.enableExperimentalFeature("Lifetimes"))
    target.swiftSettings = settings
}
