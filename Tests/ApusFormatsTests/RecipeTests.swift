// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusFormats
import ApusTensors
import Testing

@Suite struct RecipeTests {
    @Test("A recipe turns pixels into numbers in the wanted layout and colour order")
    func applies() throws {
        let image = try Image(width: 2, height: 1, channelCount: 3, pixels: [10, 20, 30, 40, 50, 60])
        let text = #"{"scale": 0.1, "mean": [1, 2, 3], "std": [1, 2, 1], "colours": "BGR", "layout": "NCHW"}"#
        let planar = try Recipe(parsing: Array(text.utf8)).apply(to: image)
        #expect(planar.shape == [1, 3, 1, 2])
        #expect(try planar.array(of: Float.self) == [2, 5, 0, 1.5, -2, 1])
        let bytes = try Recipe(.object(["type": "u8", "layout": "HWC", "resize": nil])).apply(to: image)
        #expect(bytes.shape == [1, 2, 3])
        #expect(try bytes.array(of: UInt8.self) == image.pixels)
    }

    @Test("Every preset makes its size", arguments: Recipe.presets.map(\.name))
    func presets(_ name: String) throws {
        let image = try Image(width: 30, height: 20, channelCount: 3, pixels: [UInt8](repeating: 9, count: 1800))
        #expect(try Recipe.preset(name).apply(to: image).shape == [1, 3, 224, 224])
        #expect(try Recipe.preset(name).fitted(width: 96, height: 96).apply(to: image).shape == [1, 3, 96, 96])
    }

    @Test(
        "Settings that make no sense are refused",
        arguments: [
            "[]", #"{"resise": 3}"#, #"{"preset": "imagenett"}"#, #"{"std": 0}"#, #"{"mean": [1, 2]}"#, #"{"crop": 0}"#,
            #"{"resize": {"shorter": 99999999}}"#, #"{"layout": "NCWH"}"#, #"{"type": "i64"}"#, #"{"scale": "1"}"#,
            #"{"scale": NaN}"#, #"{"crop": {"width": 32768, "height": 32768}}"#, #"{"antialias": 1}"#,
        ])
    func refuses(_ text: String) {
        #expect(throws: FormatError.self) { try Recipe(parsing: Array(text.utf8)) }
    }
}
