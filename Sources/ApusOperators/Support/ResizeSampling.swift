// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// How a resize finds the elements an output element is made of, along one dimension at a time.
package struct ResizeSampling: Sendable, Hashable {
    /// What is made of the neighbours.
    package enum Mode: String, Sendable, CaseIterable {
        case nearest
        case linear
        case cubic
    }
    private enum Coordinates: String, CaseIterable {
        case halfPixel = "half_pixel"
        case halfPixelSymmetric = "half_pixel_symmetric"
        case pytorchHalfPixel = "pytorch_half_pixel"
        case alignCorners = "align_corners"
        case asymmetric = "asymmetric"
        case cropAndResize = "tf_crop_and_resize"
        case halfPixelForNearest = "tf_half_pixel_for_nn"
    }
    private enum Rounding: String, CaseIterable {
        case preferFloor = "round_prefer_floor"
        case preferCeil = "round_prefer_ceil"
        case floor
        case ceil
    }

    /// What is made of the neighbours.
    package let mode: Mode
    /// The value of places outside the image when it is cropped.
    package let extrapolation: Float
    private let coordinates: Coordinates
    private let rounding: Rounding
    private let cubicFactor: Float
    private let excludesOutside: Bool
    private let antialiases: Bool

    /// Reads everything but the sizes.
    package init(_ node: NodeReader) throws(ComputeError) {
        mode = try node.choice("mode", default: .nearest)
        let usual = node.opset < 11 ? Coordinates.asymmetric : .halfPixel
        coordinates = try node.choice("coordinate_transformation_mode", default: usual)
        rounding = try node.choice("nearest_mode", default: node.opset < 11 ? .floor : .preferFloor)
        cubicFactor = try node.float("cubic_coeff_a", default: -0.75)
        excludesOutside = try node.flag("exclude_outside")
        extrapolation = try node.float("extrapolation_value", default: 0)
        antialiases = try node.flag("antialias")
        guard !antialiases || mode != .nearest else { throw .attribute("nearest neighbours are not smoothed") }
    }

    /// Whether the region of interest matters.
    package var crops: Bool { coordinates == .cropAndResize }

    /// The place in the input of an output element.
    private func origin(
        _ index: Int, input: Int, output: Int, scale: Double, region: (start: Double, end: Double)
    ) -> Double {
        let place = Double(index)
        let width = scale * Double(input)
        switch coordinates {
        case .halfPixel: return (place + 0.5) / scale - 0.5
        case .halfPixelSymmetric:
            return Double(input) / 2 * (1 - Double(output) / width) + (place + 0.5) / scale - 0.5
        case .pytorchHalfPixel: return output > 1 ? (place + 0.5) / scale - 0.5 : 0
        case .alignCorners: return width == 1 || output == 1 ? 0 : place * Double(input - 1) / (width - 1)
        case .asymmetric: return place / scale
        case .halfPixelForNearest: return (place + 0.5) / scale
        case .cropAndResize:
            let range = Double(input - 1)
            let start = region.start * range
            if output == 1 { return start + (region.end - region.start) * range / 2 }
            return start + place * (region.end - region.start) * range / (width - 1)
        }
    }

    /// The element nearest to an output element; nil outside the image.
    package func nearest(
        _ index: Int, input: Int, output: Int, scale: Double, region: (start: Double, end: Double)
    ) -> Int? {
        let place = origin(index, input: input, output: output, scale: scale, region: region)
        if crops && !(place >= 0 && place <= Double(input - 1)) { return nil }
        let rounded: Double =
            switch rounding {
            case .preferFloor: (place - 0.5).rounded(.up)
            case .preferCeil: (place + 0.5).rounded(.down)
            case .floor: place.rounded(.down)
            case .ceil: place.rounded(.up)
            }
        return Int(min(max(rounded, 0), Double(input - 1)))
    }

    /// The neighbours of every output element and their weights; nil outside the image.
    package func weighted(
        input: Int, output: Int, scale: Double, region: (start: Double, end: Double)
    ) throws(ComputeError) -> [[(index: Int, weight: Double)]?] {
        let shrink = antialiases ? min(scale, 1) : 1
        let reach = ((mode == .cubic ? 2 : 1) / shrink).rounded(.up)
        guard reach < 16_777_216 else { throw .limit("a resize by \(scale)") }
        let side = Int(reach)
        var result: [[(index: Int, weight: Double)]?] = []
        for index in 0..<output {
            let place = origin(index, input: input, output: output, scale: scale, region: region)
            if crops && !(place >= 0 && place <= Double(input - 1)) {
                result.append(nil)
                continue
            }
            guard abs(place) < 1e15 else { throw .value("a resize by \(scale) reads at \(place)") }
            let base = Int(place.rounded(.down))
            var taps: [(index: Int, weight: Double)] = []
            var sum = 0.0
            for tap in base - side + 1...base + side {
                var share = weight((Double(tap) - place) * shrink)
                if excludesOutside && (tap < 0 || tap >= input) { share = 0 }
                sum += share
                taps.append((min(max(tap, 0), input - 1), share))
            }
            if (antialiases || excludesOutside) && sum != 0 {
                for position in taps.indices { taps[position].weight /= sum }
            }
            result.append(taps.filter { $0.weight != 0 })
        }
        return result
    }

    private func weight(_ distance: Double) -> Double {
        mode == .cubic ? CubicKernel.weight(distance, Double(cubicFactor)) : max(0, 1 - abs(distance))
    }
}
