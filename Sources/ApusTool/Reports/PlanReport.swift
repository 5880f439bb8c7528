// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusFormats
import ApusONNX
import ApusTensors

/// What a plan file says about itself.
struct PlanReport {
    private let record: PlanRecord
    private let differences: [String]
    private let isVerified: Bool

    /// Looks at a plan's record and compares it with this machine.
    init(_ record: PlanRecord, _ options: Options, isVerified: Bool) {
        self.record = record
        self.isVerified = isVerified
        differences = PlanFingerprint.differences(record, options)
    }

    private var byteCount: Int { record.segments.reduce(0) { $0 + $1.byteCount } }

    /// Adds rows of names and values.
    func add(to table: inout Table) {
        for (key, value) in record.facts { table.add(["plan, \(key)", value]) }
        for source in record.sources {
            table.add(["plan, from", "\(source.path) (SHA-256 \(source.digest.hexadecimal))"])
        }
        let checked = isVerified ? ", every checksum is right" : ""
        table.add(["plan, segments", "\(record.segments.count) (\(Numbers.bytes(byteCount)))\(checked)"])
        for difference in differences { table.add(["plan, does not run here", difference]) }
    }

    /// The same as an object.
    var json: JSONValue {
        .object([
            "facts": .object(record.facts.map { .init($0.key, .string($0.value)) }),
            "sources": .array(
                record.sources.map { source in
                    .object([
                        "path": .string(source.path), "bytes": JSONValue(source.byteCount),
                        "sha256": .string(source.digest.hexadecimal),
                    ])
                }),
            "segments": .array(
                record.segments.map { segment in
                    .object([
                        "name": .string(segment.name), "offset": JSONValue(segment.offset),
                        "bytes": JSONValue(segment.byteCount), "crc32c": JSONValue(Int(segment.checksum)),
                        "version": JSONValue(segment.version),
                    ])
                }),
            "is_verified": .bool(isVerified),
            "does_not_run_here": .array(differences.map { .string($0) }),
        ])
    }
}
