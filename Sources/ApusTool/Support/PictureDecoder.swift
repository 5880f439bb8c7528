// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusFormats
import ApusGraphs
import ApusTensors

/// Lends the formats the tool reads to models that decode pictures.
struct PictureDecoder: ImageDecoding {
    func decode(_ bytes: [UInt8]) throws(ComputeError) -> DecodedPicture? {
        do {
            let image = try Image(decoding: bytes)
            return DecodedPicture(
                height: image.height, width: image.width, channelCount: image.channelCount, samples: image.pixels)
        } catch {
            switch error.code {
            case .format, .unsupported: return nil
            case .limit: throw ComputeError(.limit, error.message)
            default: throw ComputeError(.value, error.message)
            }
        }
    }
}
