// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Testing

@Suite struct AdmissionTests {
    @Test("Requests past the limit are refused until one leaves")
    func limitsRequests() {
        let admission = Admission(maximumRequests: 2, maximumBytes: 100)
        #expect(admission.enter(byteCount: 1) == nil)
        #expect(admission.enter(byteCount: 1) == nil)
        #expect(admission.enter(byteCount: 1) == .requests)
        admission.leave(byteCount: 1)
        #expect(admission.enter(byteCount: 1) == nil)
        #expect(admission.requestCount == 2)
    }

    @Test("Bytes past the limit are refused and leave nothing behind")
    func limitsBytes() {
        let admission = Admission(maximumRequests: 9, maximumBytes: 100)
        #expect(admission.enter(byteCount: 101) == .bytes)
        #expect(admission.enter(byteCount: 60) == nil)
        #expect(admission.enter(byteCount: 41) == .bytes)
        #expect(admission.byteCount == 60)
        #expect(admission.requestCount == 1)
        #expect(admission.enter(byteCount: .max) == .bytes)
    }
}
