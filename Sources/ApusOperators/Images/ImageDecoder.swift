// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The pixels of an encoded picture; nothing where it is damaged.
package struct ImageDecoder: Operator {
    package static let schema = Schema("ImageDecoder", since: 20, inputs: 1...1)

    private enum PixelFormat: String, CaseIterable {
        case redFirst = "RGB"
        case blueFirst = "BGR"
        case grey = "Grayscale"
    }

    private let format: PixelFormat

    package init(_ node: NodeReader) throws(ComputeError) {
        format = try node.choice("pixel_format", default: PixelFormat.redFirst)
    }

    private var channelCount: Int { format == .grey ? 1 : 3 }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [.tensor(.uint8, [.unknown, .unknown, Dimension(channelCount)])]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let bytes = try inputs.tensor(0).array(of: UInt8.self)
        guard let picture = try decode(bytes) else {
            outputs.set(0, try Tensor([UInt8](), shape: [0, 0, channelCount]))
            return
        }
        let (area, overflow) = picture.width.multipliedReportingOverflow(by: picture.height)
        guard picture.width >= 0, picture.height >= 0, !overflow,
            picture.channelCount == 1 || picture.channelCount == 3,
            picture.samples.count == area.multipliedReportingOverflow(by: picture.channelCount).partialValue
        else { throw .value("a decoder made a picture of the wrong size") }
        outputs.set(0, try Tensor(arranged(picture), shape: [picture.height, picture.width, channelCount]))
    }

    /// The picture, or nil when it is damaged.
    private func decode(_ bytes: [UInt8]) throws(ComputeError) -> DecodedPicture? {
        let own: [any ImageDecoding] = [BitmapDecoder(), NetpbmDecoder(), TIFFDecoder()]
        for decoder in own + ImageDecoders.registered {
            do throws(ComputeError) {
                if let picture = try decoder.decode(bytes) { return picture }
            } catch {
                if error.code == .value { return nil }
                throw error
            }
        }
        throw .unsupported("no registered decoder knows the format of the picture")
    }

    /// The samples in the order and number of channels wanted; grey by the weights of ITU-R 601.
    private func arranged(_ picture: DecodedPicture) -> [UInt8] {
        let samples = picture.samples
        switch (format, picture.channelCount) {
        case (.grey, 1), (.redFirst, 3): return samples
        case (_, 1): return samples.flatMap { [$0, $0, $0] }
        case (.grey, _):
            return stride(from: 0, to: samples.count, by: 3).map { place in
                let red = Int(samples[place]) * 19_595
                let green = Int(samples[place + 1]) * 38_470
                return UInt8((red + green + Int(samples[place + 2]) * 7_471 + 0x8000) >> 16)
            }
        default: return samples.indices.map { samples[$0 + 2 - 2 * ($0 % 3)] }
        }
    }
}
