// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// Cuts memory for tensors from pages of 2 MiB, where the system has them.
///
/// The processor looks up far fewer addresses than with pages of 4 KiB, which counts where weights and images are
/// streamed. A page goes back to the system when the last tensor in it is gone, so what is cut from one source should
/// live about as long.
package final class LargePages: Sendable {
    /// The size of a page, and the largest piece that is cut from one.
    package static let (pageBytes, largestPiece) = (1 << 21, 1 << 20)
    /// Smaller pieces are not worth it.
    package static let smallestPiece = 16 << 10

    private let rest = Mutex<(page: Page, used: Int)?>(nil)

    /// Makes a source of pages.
    package init() {}

    /// A piece of a page, aligned to 64 bytes and padded by as many; nil where the size does not suit or there is no
    /// memory.
    func take(_ byteCount: Int) -> (base: UnsafeMutableRawPointer, owner: Page)? {
        guard byteCount >= Self.smallestPiece, byteCount <= Self.largestPiece else { return nil }
        let size = (byteCount + 127) & ~63
        return unsafe rest.withLock { rest in
            if let (page, used) = rest, used + size <= Self.pageBytes {
                rest = (page, used + size)
                // SAFETY: the piece lies in the page, which its owner keeps.
                return unsafe (page.base + used, page)
            }
            guard let page = Page() else { return nil }
            rest = (page, size)
            return unsafe (page.base, page)
        }
    }

    /// One page.
    @safe
    final class Page: @unchecked Sendable {
        // Sendable: the address never changes.
        let base: UnsafeMutableRawPointer

        init?() {
            var pointer: UnsafeMutableRawPointer?
            // SAFETY: the pointer is checked before use and freed once, in deinit.
            guard unsafe posix_memalign(&pointer, LargePages.pageBytes, LargePages.pageBytes) == 0,
                let allocated = unsafe pointer
            else { return nil }
            unsafe _ = madvise(allocated, LargePages.pageBytes, MADV_HUGEPAGE)
            unsafe base = unsafe allocated
        }

        deinit { unsafe free(base) }
    }
}
