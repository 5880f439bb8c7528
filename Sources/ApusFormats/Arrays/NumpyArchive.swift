// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// Named tensors as .npz files.
package enum NumpyArchive {
    /// Reads every array; `wanted` tells what raw bytes of a name mean.
    ///
    /// - Throws: ``FormatError`` with any code, naming the array.
    package static func decode(
        _ bytes: [UInt8], limit: Int = FileBytes.defaultLimit, wanted: [String: ElementType] = [:]
    ) throws(FormatError) -> [NamedArray] {
        let archive = try ZipArchive(bytes)
        var arrays: [NamedArray] = []
        var left = limit
        for entry in archive.entries where !entry.name.hasSuffix("/") {
            let name = entry.name.hasSuffix(".npy") ? String(entry.name.dropLast(4)) : entry.name
            do {
                let contents = try archive.contents(of: entry, limit: left)
                left -= contents.count
                arrays.append(NamedArray(name, try NumpyArray.decode(contents, wanted: wanted[name])))
            } catch {
                throw error.within("array \"\(name)\"")
            }
        }
        return arrays
    }

    /// The tensors as an archive without compression.
    ///
    /// - Throws: ``FormatError`` with code `limit` past 4 GiB.
    package static func encode(_ arrays: [NamedArray]) throws(FormatError) -> [UInt8] {
        var builder = ZipBuilder()
        for array in arrays { try builder.add(array.name + ".npy", NumpyArray.encode(array.tensor)) }
        return builder.finish()
    }
}
