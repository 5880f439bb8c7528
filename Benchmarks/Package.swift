// swift-tools-version: 6.2
// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .strictMemorySafety(), .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "apus-benchmarks",
    // The name lets the folder above be called anything.
    dependencies: [.package(name: "apus", path: "..")],
    targets: [
        .target(name: "CMachinePeak", cSettings: [.treatAllWarnings(as: .error)]),
        .target(name: "CInstructionCounter", cSettings: [.treatAllWarnings(as: .error)]),
        .executableTarget(
            name: "benchmarks",
            dependencies: ["CInstructionCounter", "CMachinePeak", .product(name: "Apus", package: "apus")],
            path: "Sources/Benchmarks", swiftSettings: settings),
    ]
)
