// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

public import ApusTensors
import Synchronization

/// A decoded picture: rows from the top, the channels of a pixel side by side.
public struct DecodedPicture: Sendable {
    /// The number of rows.
    public var height: Int
    /// The number of pixels in a row.
    public var width: Int
    /// 1 for grey, 3 for red, green and blue.
    public var channelCount: Int
    /// The samples; there must be as many as the sizes say.
    public var samples: [UInt8]

    /// Makes a picture.
    public init(height: Int, width: Int, channelCount: Int, samples: [UInt8]) {
        self.height = height
        self.width = width
        self.channelCount = channelCount
        self.samples = samples
    }
}

/// Something that can decode pictures of some formats.
public protocol ImageDecoding: Sendable {
    /// The picture, or nil when the bytes are of no format this decoder knows.
    ///
    /// - Throws: ``ComputeError`` with code `value` when they are damaged, `limit` when the picture is too large.
    func decode(_ bytes: [UInt8]) throws(ComputeError) -> DecodedPicture?
}

/// The decoders an evaluation may use, registered when a program starts.
public enum ImageDecoders {
    private static let known = Mutex<[any ImageDecoding]>([])

    /// Adds a decoder; it is asked after those added before.
    public static func register(_ decoder: any ImageDecoding) {
        known.withLock { $0.append(decoder) }
    }

    /// The decoders in the order they are asked.
    public static var registered: [any ImageDecoding] { known.withLock { $0 } }
}
