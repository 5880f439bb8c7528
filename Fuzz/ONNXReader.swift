// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusONNX

/// Reads the bytes as a model and as a tensor; what can be read is written and read again.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    // SAFETY: libFuzzer hands over count bytes, which are copied at once.
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    let importer = ONNXImporter(catalogue: nil)
    if let model = try? importer.importModel(bytes: bytes),
        let written = try? ONNXExporter(properties: model.properties).bytes(of: model.graph)
    {
        _ = try? importer.importModel(bytes: written)
    }
    _ = try? importer.importDatum(bytes: bytes)
    return 0
}
