// swift-tools-version: 6.2
// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

let package = Package(
    name: "apus",
    products: [
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    ],
    targets: [
        // Inner loops.
        .target(name: "CApusKernels"),
        .target(name: "ApusKernels", dependencies: ["CApusKernels"]),

        // Data and graphs.
        .target(name: "ApusTensors"),
        .target(name: "ApusGraphs", dependencies: ["ApusTensors", "ApusKernels"]),

        // Meaning: one file per operator, listed by the plugin.
        .executableTarget(name: "OperatorCatalogueGenerator"),
        .plugin(
            name: "OperatorCatalogue", capability: .buildTool(),
            dependencies: ["OperatorCatalogueGenerator"]),
        .target(
            name: "ApusOperators", dependencies: ["ApusGraphs", "ApusKernels", "ApusTensors"],
            plugins: ["OperatorCatalogue"]),

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
    settings.append(.enableUpcomingFeature("MemberImportVisibility"))
    // SE-0461: https://github.com/swiftlang/swift-evolution/blob/main/proposals/0461-async-function-isolation.md
    settings.append(.enableUpcomingFeature("NonisolatedNonsendingByDefault"))
    // SE-0470: https://github.com/swiftlang/swift-evolution/blob/main/proposals/0470-isolated-conformances.md
    settings.append(.enableUpcomingFeature("InferIsolatedConformances"))
    // Functions that return spans: https://github.com/swiftlang/swift-evolution/pull/2750
    settings.append(.enableExperimentalFeature("Lifetimes"))
    target.swiftSettings = settings
}
