// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusKernels
import CApusKernels
import Testing

@Suite struct KernelListTests {
    @Test("Names follow the grammar and are unique")
    func names() throws {
        for (code, set) in ["scalar", "avx2", "avx512", "avx512", "avx512", "neon", "neon"].enumerated() {
            var seen: Set<String> = []
            for index in 0..<apus_kernel_count() {
                let name = unsafe String(cString: try #require(apus_kernel_name(Int32(code), index)))
                let halves = name.components(separatedBy: "__")
                #expect(halves.count == 2 && name.hasPrefix("apus_"))
                #expect(halves.last?.hasPrefix(set) == true, "\(name)")
                #expect(seen.insert(name).inserted, "\(name) is listed twice")
            }
        }
    }

    @Test("The sets present are in order of preference, the scalar one always among them")
    func present() {
        #expect(InstructionSet.present.first == .scalar)
        #expect(InstructionSet.present.last == InstructionSet.best)
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
