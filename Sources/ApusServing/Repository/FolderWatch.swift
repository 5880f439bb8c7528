// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTelemetry
import Glibc

/// Tells when something in one of a set of folders has changed, by inotify.
package final class FolderWatch: Sendable {
    /// The kernel's end, and what is watched.
    private final class Room: Sendable {
        /// The descriptor of inotify, and both ends of the pipe that ends the thread.
        let events, wakeRead, wakeWrite: Int32
        let watches = Lock<Set<Int32>>([])

        init(_ events: Int32, _ wakeRead: Int32, _ wakeWrite: Int32) {
            (self.events, self.wakeRead, self.wakeWrite) = (events, wakeRead, wakeWrite)
        }

        deinit {
            for descriptor in [events, wakeRead, wakeWrite] { close(descriptor) }
        }

        /// Waits for changes and tells of them until the pipe says stop.
        func work(_ changed: () -> Void) {
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                var waits = [
                    pollfd(fd: events, events: Int16(POLLIN), revents: 0),
                    pollfd(fd: wakeRead, events: Int16(POLLIN), revents: 0),
                ]
                // SAFETY: both arrays are as long as the calls are told.
                let count = unsafe poll(&waits, 2, -1)
                if count < 0, errno == EINTR { continue }
                guard count > 0, waits[1].revents == 0 else { return }
                let length = unsafe read(events, &buffer, buffer.count)
                guard length > 0 else {
                    if length < 0, errno == EINTR || errno == EAGAIN { continue }
                    return
                }
                if FolderWatch.tellsOfChange(buffer.prefix(length)) { changed() }
            }
        }
    }

    private let room: Room
    private static let mostFolders = 16_384
    private static let kinds = UInt32(
        IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF
    )

    /// Watches nothing yet; `changed` is called on a thread of the watch's own.
    ///
    /// - Throws: ``ServingError`` with code `unavailable` that says why the system gives no watch.
    package init(_ changed: @escaping @Sendable () -> Void) throws(ServingError) {
        let events = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
        guard events >= 0 else { throw Self.refusal("inotify is not to be had") }
        var ends: [Int32] = [-1, -1]
        // SAFETY: the call fills the two numbers given.
        guard unsafe pipe(&ends) == 0 else {
            close(events)
            throw Self.refusal("there is no pipe")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let room = Room(events, ends[0], ends[1])
        self.room = room
        guard Threads.start({ room.work(changed) }) else {
            throw ServingError(.unavailable, "the system refused a thread to watch folders")
        }
    }

    deinit {
        let byte: [UInt8] = [0]
        // SAFETY: the byte is read within the call.
        unsafe _ = write(room.wakeWrite, byte, 1)
    }

    /// Watches these folders from now on, and no others.
    ///
    /// - Returns: Whether there are any that were not watched before: what happened in them until now is not told.
    /// - Throws: ``ServingError`` with code `unavailable` that names the first folder that cannot be watched.
    package func watch(_ folders: Set<String>) throws(ServingError) -> Bool {
        var found: Set<Int32> = []
        var failure: ServingError?
        for folder in folders.sorted().prefix(Self.mostFolders) where !folder.utf8.contains(0) {
            // SAFETY: the path is a C string during the call.
            let watch = unsafe inotify_add_watch(room.events, folder, Self.kinds)
            if watch >= 0 {
                found.insert(watch)
            } else if errno != ENOENT, errno != ENOTDIR {
                failure = failure ?? Self.refusal("the folder '\(folder)' cannot be watched")
            }
        }
        let (isMore, gone) = room.watches.withLock { watches in
            defer { watches = found }
            return (!found.isSubset(of: watches), watches.subtracting(found))
        }
        for watch in gone { _ = inotify_rm_watch(room.events, watch) }
        if let failure { throw failure }
        guard folders.count <= Self.mostFolders else {
            throw ServingError(
                .unavailable, "there are \(folders.count) folders, at most \(Self.mostFolders) are watched")
        }
        return isMore
    }

    /// Whether the kernel's words tell of more than a watch that ended.
    private static func tellsOfChange(_ bytes: ArraySlice<UInt8>) -> Bool {
        var start = bytes.startIndex
        func number(_ offset: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(bytes[start + offset + $1]) << (8 * UInt32($1)) }
        }
        while bytes.endIndex - start >= 16 {
            if number(4) & ~UInt32(IN_IGNORED) != 0 { return true }
            start += 16 + Int(number(12))
        }
        return false
    }

    private static func refusal(_ what: String) -> ServingError {
        let number = errno
        // SAFETY: the text of an error stays until this thread asks for another.
        let reason = unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
        return ServingError(.unavailable, "\(what): \(reason)")
    }
}

extension RepositoryScanner.Snapshot {
    /// The folders in which a change may be one of the models: those of the paths themselves, and those of all files.
    func folders(of paths: [String], _ files: any FileReader) -> Set<String> {
        var folders: Set<String> = []
        func parent(_ path: String) -> String {
            guard let slash = path.lastIndex(of: "/") else { return "." }
            return slash == path.startIndex ? "/" : String(path[..<slash])
        }
        for path in paths {
            // A link is switched in the folder it lies in.
            folders.insert(parent(path))
            guard let whole = files.resolved(path) else { continue }
            folders.insert(files.status(whole)?.kind == .folder ? whole : parent(whole))
        }
        for model in models.values {
            folders.insert(model.folder)
            for (path, status) in model.fingerprint { folders.insert(status.kind == .folder ? path : parent(path)) }
        }
        return folders
    }
}
