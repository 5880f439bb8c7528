// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusProtocol
import ApusTensors

/// Makes the tensors of the requests by which a configuration warms its model up.
package enum WarmUpInputs {
    /// The most bytes the inputs of one warm-up may have.
    package static let largest = 1 << 30

    /// The warm-ups of a configuration; files are read by the given closure, from their names below `warmup`.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument`.
    package static func make(
        _ configuration: ModelConfiguration, read: (String) throws(ServingError) -> [UInt8]
    ) throws(ServingError) -> [ModelConfiguration.WarmUp] {
        var warmUps: [ModelConfiguration.WarmUp] = []
        for (index, sample) in configuration.message.modelWarmup.enumerated() {
            let name = sample.name.isEmpty ? "warm-up \(index)" : sample.name
            var inputs: [RequestInput] = []
            for (input, contents) in sample.inputs.sorted(by: { $0.key < $1.key }) {
                guard let specification = configuration.inputs.first(where: { $0.name == input }) else { continue }
                do throws(ServingError) {
                    inputs.append(
                        try self.input(
                            specification, contents, batch: configuration.maxBatchSize > 0 ? sample.batchSize : nil,
                            read: read))
                } catch {
                    throw ServingError(error.code, "model_warmup '\(name)', input '\(input)': \(error.message)")
                }
            }
            warmUps.append(ModelConfiguration.WarmUp(name: name, count: Int(max(1, sample.count)), inputs: inputs))
        }
        return warmUps
    }

    private static func input(
        _ specification: TensorSpecification, _ contents: Inference_ModelWarmup.Input, batch: UInt32?,
        read: (String) throws(ServingError) -> [UInt8]
    ) throws(ServingError) -> RequestInput {
        let type = specification.datatype
        if let given = Datatype(contents.dataType), given != type {
            throw ServingError(.invalidArgument, "data_type is \(given), expected \(type)")
        }
        var sizes: [Int] = []
        for size in contents.dims {
            guard let size = Int(exactly: size), size >= 0 else {
                throw ServingError(.invalidArgument, "a size is \(size), expected 0 or more")
            }
            sizes.append(size)
        }
        let rows = batch.map { Int(max(1, $0)) }
        let shape = Shape((rows.map { [$0] } ?? []) + sizes)
        let count = try counted(shape.dimensions)
        let width = max(1, type.byteWidth)
        guard count <= largest / width else {
            throw ServingError(.invalidArgument, "shape \(shape) of \(type) takes more than \(largest) bytes")
        }
        if type == .bytes {
            return try text(specification.name, contents, shape, count, rows: rows ?? 1, read: read)
        }
        var row: [UInt8] = []
        if case .inputDataFile(let file)? = contents.inputDataType {
            row = try fileBytes(file, expected: count / max(1, rows ?? 1) * width, read)
        }
        do throws(ComputeError) {
            var tensor = try MutableTensor(type.elementType, shape)
            if case .randomData(true)? = contents.inputDataType { fillRandomly(&tensor, type) }
            if !row.isEmpty { fill(&tensor, row) }
            return RequestInput(name: specification.name, tensor: tensor.finish())
        } catch {
            throw ServingError(.invalidArgument, error.message)
        }
    }

    /// A BYTES input: empty texts, short ones, or those of a file for each row.
    private static func text(
        _ name: String, _ contents: Inference_ModelWarmup.Input, _ shape: Shape, _ count: Int, rows: Int,
        read: (String) throws(ServingError) -> [UInt8]
    ) throws(ServingError) -> RequestInput {
        switch contents.inputDataType {
        case .inputDataFile(let file):
            let wire = try read(file)
            let row = try ByteStrings(wire: wire.span, shape: .vector(count / max(1, rows)))
            var elements: [[UInt8]] = []
            for _ in 0..<rows { elements += (0..<row.count).map { Array(row[$0]) } }
            return RequestInput(name: name, bytes: try ByteStrings(elements, shape: shape))
        case .randomData(true):
            let elements = (0..<count).map { Array("warm \($0)".utf8) }
            return RequestInput(name: name, bytes: try ByteStrings(elements, shape: shape))
        case .randomData(false), .zeroData, nil:
            return RequestInput(
                name: name, bytes: try ByteStrings([[UInt8]](repeating: [], count: count), shape: shape))
        }
    }

    private static func counted(_ sizes: [Int]) throws(ServingError) -> Int {
        var count = 1
        for size in sizes {
            let (product, isTooLarge) = count.multipliedReportingOverflow(by: size)
            guard !isTooLarge else { throw ServingError(.invalidArgument, "the sizes \(sizes) cannot be counted") }
            count = product
        }
        return count
    }

    private static func fileBytes(
        _ file: String, expected: Int, _ read: (String) throws(ServingError) -> [UInt8]
    ) throws(ServingError) -> [UInt8] {
        let bytes = try read(file)
        guard bytes.count == expected else {
            throw ServingError(
                .invalidArgument, "the file 'warmup/\(file)' has \(bytes.count) bytes, expected \(expected)")
        }
        return bytes
    }

    /// Repeats the bytes of one row to the end of the tensor.
    private static func fill(_ tensor: inout MutableTensor, _ row: [UInt8]) {
        var bytes = tensor.mutableBytes
        for offset in bytes.byteOffsets {
            bytes.storeBytes(of: row[offset % row.count], toByteOffset: offset, as: UInt8.self)
        }
    }

    /// Fills numbers with fractions and whole numbers with zeros and ones, the same at each start: small numbers are
    /// valid as indices wherever any are.
    private static func fillRandomly(_ tensor: inout MutableTensor, _ type: Datatype) {
        let width = type.byteWidth
        var state: UInt64 = 0x9e37_79b9_7f4a_7c15
        var bytes = tensor.mutableBytes
        for start in stride(from: 0, to: bytes.byteCount, by: width) {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let quarter = Float(state >> 62) / 4
            let bits: UInt64 =
                switch type {
                case .float32: UInt64(quarter.bitPattern)
                case .float64: Double(quarter).bitPattern
                case .bfloat16: UInt64(quarter.bitPattern >> 16)
                case .float16: [0, 0x3400, 0x3800, 0x3a00][Int(state >> 62)]
                default: state >> 63
                }
            for byte in 0..<width {
                let value = UInt8(truncatingIfNeeded: bits >> (8 * UInt64(byte)))
                bytes.storeBytes(of: value, toByteOffset: start + byte, as: UInt8.self)
            }
        }
    }
}
