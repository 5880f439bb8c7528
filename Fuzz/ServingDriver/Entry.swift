// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServingFuzzTargets
import Glibc

/// The reader named by `APUS_FUZZ_TARGET`.
private let target: ServingFuzzTarget = {
    // SAFETY: the value is copied at once.
    let name = unsafe getenv("APUS_FUZZ_TARGET").map { unsafe String(cString: $0) } ?? ""
    guard let target = ServingFuzzTarget(rawValue: name) else {
        print("APUS_FUZZ_TARGET is none of \(ServingFuzzTarget.allCases.map(\.rawValue).joined(separator: ", "))")
        exit(64)
    }
    return target
}()

/// What libFuzzer calls with bytes it made up.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    // SAFETY: libFuzzer hands over count bytes, which are copied at once.
    target.read(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}
