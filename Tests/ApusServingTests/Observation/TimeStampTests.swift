// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Testing

@Suite struct TimeStampTests {
    @Test(
        "Seconds since 1970 become the day and the time they are",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (951_782_399, "2000-02-28T23:59:59Z"), (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"), (1_798_761_599, "2026-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"),
        ])
    func calendar(seconds: Int, text: String) {
        #expect(TimeStamp(seconds: seconds, microseconds: 0).iso8601 == text)
    }

    @Test("The short form begins with month and day and ends with microseconds")
    func short() {
        #expect(TimeStamp(seconds: 1_798_761_599, microseconds: 42).short == "1231 23:59:59.000042")
    }
}
