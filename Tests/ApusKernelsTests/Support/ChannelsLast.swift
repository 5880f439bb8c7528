// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Images `N C H W` as `N H W C`.
func channelsLast<Element>(_ x: [Element], _ channels: Int, _ plane: Int) -> [Element] {
    x.indices.map { index in
        let (pixel, channel) = index.quotientAndRemainder(dividingBy: channels)
        let (image, place) = pixel.quotientAndRemainder(dividingBy: plane)
        return x[(image * channels + channel) * plane + place]
    }
}
