// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

extension Tensor {
    /// An `f16` or `bf16` tensor as `f32`; any other as it is.
    ///
    /// - Throws: ``ComputeError`` with code `limit` without memory.
    package func halvesWidened() throws(ComputeError) -> Tensor {
        guard elementType == .float16 || elementType == .bfloat16 else { return self }
        var result = try MutableTensor(.float32, shape)
        var target = try result.elements(of: Float.self)
        if elementType == .float16 {
            let source = try elements(of: Float16.self)
            for index in source.indices { target[index] = Float(source[index]) }
        } else {
            let source = try elements(of: BFloat16.self)
            for index in source.indices { target[index] = source[index].float }
        }
        return result.finish()
    }

    /// An `f32` tensor rounded to the given half type; any other as it is.
    ///
    /// - Throws: ``ComputeError`` with code `limit` without memory.
    package func rounded(toHalf type: ElementType) throws(ComputeError) -> Tensor {
        guard elementType == .float32, type == .float16 || type == .bfloat16 else { return self }
        let source = try elements(of: Float.self)
        var result = try MutableTensor(type, shape)
        if type == .float16 {
            var target = try result.elements(of: Float16.self)
            for index in source.indices { target[index] = Float16(source[index]) }
        } else {
            var target = try result.elements(of: BFloat16.self)
            for index in source.indices { target[index] = BFloat16(source[index]) }
        }
        return result.finish()
    }
}
