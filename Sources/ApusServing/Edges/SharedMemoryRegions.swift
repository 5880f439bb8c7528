// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The regions of shared memory that clients registered.
package final class SharedMemoryRegions: Sendable {
    /// Whether clients may register regions.
    package let isAllowed: Bool
    private let regions = Mutex<[String: SharedMemoryRegion]>([:])

    /// The most regions at one time; each takes a descriptor.
    package static let mostRegions = 256

    /// Makes an empty table.
    package init(isAllowed: Bool) { self.isAllowed = isAllowed }

    private func checkAllowed() throws(ServingError) {
        guard isAllowed else {
            throw ServingError(
                .unimplemented, "shared memory with clients is not enabled, start the server with --allow-client-shm")
        }
    }

    /// Registers a region.
    ///
    /// - Throws: ``ServingError`` with code `unimplemented` where regions are not allowed, `alreadyExists` for a name
    ///   that is taken, `invalidArgument` and `internal` for objects that cannot be used.
    package func register(
        name: String, key: String, offset: UInt64, byteCount: UInt64
    ) throws(ServingError) {
        try checkAllowed()
        let region = try SharedMemoryRegion(name: name, key: key, offset: offset, byteCount: byteCount)
        let refusal: ServingError? = regions.withLock { regions in
            if regions[name] != nil {
                return ServingError(.alreadyExists, "shared memory region '\(name)' already in manager")
            }
            guard regions.count < SharedMemoryRegions.mostRegions else {
                return ServingError(
                    .resourceExhausted,
                    "\(SharedMemoryRegions.mostRegions) shared memory regions are registered already")
            }
            regions[name] = region
            return nil
        }
        if let refusal { throw refusal }
    }

    /// Forgets a region, or all; requests that hold it keep it.
    package func unregister(_ name: String?) {
        regions.withLock { regions in
            if let name { regions[name] = nil } else { regions.removeAll() }
        }
    }

    /// The registered regions, or the one with the given name, by name.
    ///
    /// - Throws: ``ServingError`` with code `notFound`.
    package func status(_ name: String?) throws(ServingError) -> [SharedMemoryRegion] {
        let all = regions.withLock { $0 }
        guard let name else { return all.values.sorted { $0.name < $1.name } }
        guard let region = all[name] else {
            throw ServingError(.notFound, "Unable to find system shared memory region: '\(name)'")
        }
        return [region]
    }

    /// The region a request names.
    ///
    /// - Throws: ``ServingError`` with code `unimplemented` where regions are not allowed, `notFound` for a name that
    ///   is not registered.
    package func region(_ name: String) throws(ServingError) -> SharedMemoryRegion {
        try checkAllowed()
        guard let region = regions.withLock({ $0[name] }) else {
            throw ServingError(.notFound, "Unable to find shared memory region: '\(name)'")
        }
        return region
    }
}
