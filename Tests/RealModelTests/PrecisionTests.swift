// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import Testing

/// Models in bf16 against ONNX Runtime in f32, on photos, text and pages.
@Suite struct PrecisionTests {
    @Test(
        "A real model in bf16 makes the choices of f32",
        .enabled(if: RealModels.folder != nil, RealModels.reason),
        arguments: [
            ("efficientnet-lite0", ["cat", "photos"]), ("magika", ["files"]), ("ocr-direction", ["lines"]),
        ])
    func choices(_ name: String, _ inputs: [String]) throws {
        try compare(name, inputs) { found, place in
            #expect(found.hasSameTops, "\(place): another first choice")
            #expect(found.relative <= 0.1, "\(place)")
        }
    }

    @Test(
        "A real model in bf16 is within its rounding of f32",
        .enabled(if: RealModels.folder != nil, RealModels.reason),
        arguments: [("minilm", ["sentences", "paragraph"]), ("ocr-detection", ["page"])])
    func values(_ name: String, _ inputs: [String]) throws {
        try compare(name, inputs) { found, place in #expect(found.relativeLength <= 0.03, "\(place)") }
    }

    private func compare(_ name: String, _ inputs: [String], _ check: (Agreement, String) -> Void) throws {
        let session = try RealModels.model(name, .precision(.bf16)).makeSession()
        for input in inputs {
            let place = "\(name).\(input)"
            let outputs = try session.run(RealModels.arrays(place + ".in"))
            for (output, reference) in try RealModels.arrays(place + ".out") where reference.elementType == .float32 {
                check(try Agreement(try #require(outputs[output]?.tensor), reference), "\(place) \(output)")
            }
        }
    }
}
