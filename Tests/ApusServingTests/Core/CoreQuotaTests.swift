// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Testing

@Suite struct CoreQuotaTests {
    @Test("The smallest quota on the way to the root counts, rounded down but never to none")
    func readsUnified() {
        let files = [
            "/sys/fs/cgroup/a/b/cpu.max": "max 100000\n", "/sys/fs/cgroup/a/cpu.max": "250000 100000\n",
            "/sys/fs/cgroup/cpu.max": "800000 100000\n",
        ]
        #expect(CoreQuota.quota(groups: "0::/a/b\n") { files[$0] } == 2)
        #expect(CoreQuota.quota(groups: "0::/\n") { _ in "50000 100000" } == 1)
        #expect(CoreQuota.quota(groups: "0::/\n") { _ in "max 100000" } == nil)
        #expect(CoreQuota.quota(groups: "nonsense") { _ in "50000 100000" } == nil)
    }

    @Test("The older form is read too, where no quota is a negative one")
    func readsOld() {
        let files = [
            "/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us": "300000\n", "/sys/fs/cgroup/cpu/x/cpu.cfs_period_us": "100000\n",
            "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n", "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        ]
        #expect(CoreQuota.quota(groups: "4:cpu,cpuacct:/x\n3:memory:/x\n") { files[$0] } == 3)
    }

    @Test("The list of cores is counted")
    func readsLists() {
        #expect(CoreQuota.allowed(status: "Name:\tx\nCpus_allowed_list:\t0-3,8,10-11\n") == 7)
        #expect(CoreQuota.allowed(status: "Cpus_allowed_list:\t3-1\n") == nil)
        #expect(CoreQuota.allowed(status: "") == nil)
        #expect(CoreQuota.coreCount >= 1)
    }
}
