// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus

let model = try Model(path: "classifier.onnx")
print(model.signature)                                   // (input: f32[N, 3, 224, 224]) -> (logits: f32[N, 1000])
let session = model.makeSession()
let pixels = try Tensor([Float](repeating: 0, count: 3 * 224 * 224), shape: [1, 3, 224, 224])
let outputs = try session.run(["input": pixels])
let logits = try outputs.array("logits", of: Float.self)
