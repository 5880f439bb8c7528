// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// What the states of new sequences are: zeros, or what a file says.
package enum InitialState {
    /// The most bytes of one state.
    private static let largest = 1 << 30

    /// The values of the states that have files, by their inputs; files are read from their names below
    /// `initial_state`.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument` that names the state.
    package static func values(
        _ configuration: ModelConfiguration, read: (String) throws(ServingError) -> [UInt8]
    ) throws(ServingError) -> [String: Tensor] {
        var values: [String: Tensor] = [:]
        for state in configuration.sequenceBatching?.states ?? [] {
            guard let file = state.initialFile, let datatype = state.datatype else { continue }
            let sizes = shape(state, isBatched: configuration.maxBatchSize > 0)
            do throws(ServingError) {
                values[state.input] = try tensor(state.input, datatype, sizes, try read(file), file)
            } catch {
                throw ServingError(error.code, "the initial state of '\(state.input)': \(error.message)")
            }
        }
        return values
    }

    /// The sizes of a new sequence's state, the batch of one included; sizes that vary begin as 1.
    static func shape(_ state: SequencePolicy.State, isBatched: Bool) -> [Int] {
        let sizes = (state.initialDimensions ?? state.dimensions).map { $0 < 0 ? 1 : Int($0) }
        return (isBatched ? [1] : []) + sizes
    }

    /// A state of zeros, or of empty texts.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument` for a state that is too large.
    static func zeros(_ name: String, _ datatype: Datatype, _ sizes: [Int]) throws(ServingError) -> Tensor {
        let count = try elementCount(name, datatype, sizes)
        do throws(ComputeError) {
            if datatype == .bytes {
                return try Tensor(strings: [String](repeating: "", count: count), shape: Shape(sizes))
            }
            return try MutableTensor(datatype.elementType, Shape(sizes)).finish()
        } catch {
            throw ServingError(.resourceExhausted, "the state '\(name)': \(error.message)")
        }
    }

    private static func tensor(
        _ name: String, _ datatype: Datatype, _ sizes: [Int], _ bytes: [UInt8], _ file: String
    ) throws(ServingError) -> Tensor {
        let count = try elementCount(name, datatype, sizes)
        if datatype == .bytes { return try ByteStrings(wire: bytes.span, shape: Shape(sizes)).text() }
        guard bytes.count == count * datatype.byteWidth else {
            throw ServingError(
                .invalidArgument,
                "the file 'initial_state/\(file)' has \(bytes.count) bytes, expected \(count * datatype.byteWidth)")
        }
        do throws(ComputeError) {
            var tensor = try MutableTensor(datatype.elementType, Shape(sizes))
            var memory = tensor.mutableBytes
            for offset in memory.byteOffsets {
                let byte = datatype == .bool ? min(bytes[offset], 1) : bytes[offset]
                memory.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
            }
            return tensor.finish()
        } catch {
            throw ServingError(.resourceExhausted, error.message)
        }
    }

    private static func elementCount(
        _ name: String, _ datatype: Datatype, _ sizes: [Int]
    ) throws(ServingError) -> Int {
        var count = 1
        for size in sizes {
            let (product, isTooLarge) = count.multipliedReportingOverflow(by: size)
            guard !isTooLarge, product <= largest / max(1, datatype.byteWidth) else {
                throw ServingError(
                    .invalidArgument, "the state '\(name)' of sizes \(sizes) takes more than \(largest) bytes")
            }
            count = product
        }
        return count
    }
}
