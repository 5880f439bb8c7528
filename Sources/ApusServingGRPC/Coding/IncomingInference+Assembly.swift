// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusTensors

extension IncomingInference.Parts {
    /// The request for the core, with tensors made of the bytes.
    ///
    /// - Throws: ``ServingError`` that names the field.
    func assembled(
        _ bytes: Span<UInt8>, _ regions: SharedMemoryRegions
    ) throws(ServingError) -> (request: InferenceRequest, form: OutgoingForm) {
        var request = InferenceRequest(model: model, version: version, id: id, inputs: [])
        request.inputs.reserveCapacity(inputs.count)
        var nextRaw = 0
        for input in inputs {
            let (shaped, datatype, shape, count) = try input.described(model, id)
            if let place = try SharedPlace(input.parameters, of: "input '\(input.name)'") {
                guard input.contents == nil else {
                    throw ServingError(
                        .invalidArgument, "input '\(input.name)' has both 'contents' and 'shared_memory_region'")
                }
                let region = try regions.region(place.region)
                try region.check(offset: place.offset, byteCount: place.byteCount)
                request.inputs.append(
                    try shaped.input(Int(place.byteCount)) { target throws(ServingError) in
                        try region.read(into: &target, at: place.offset)
                    })
            } else if let contents = input.contents {
                guard raw.isEmpty else {
                    throw ServingError(
                        .invalidArgument,
                        "contents field must not be specified when using raw_input_contents for '\(input.name)' for "
                            + "model '\(model)'")
                }
                request.inputs.append(
                    try TypedContents(bytes, contents).input(input.name, datatype, shape, count))
            } else if nextRaw < raw.count {
                let range = raw[nextRaw]
                nextRaw += 1
                request.inputs.append(
                    try shaped.input(range.count) { target throws(ServingError) in target.copy(bytes, range) })
            } else if count == 0, raw.isEmpty {
                request.inputs.append(try shaped.input(0) { _ throws(ServingError) in })
            } else {
                throw ServingError(
                    .invalidArgument,
                    "input '\(input.name)' has no contents, and there are only \(raw.count) raw_input_contents")
            }
        }
        try read(parameters, into: &request)
        let form = try outgoing(&request, regions)
        return (request, form)
    }

    private func outgoing(
        _ request: inout InferenceRequest, _ regions: SharedMemoryRegions
    ) throws(ServingError) -> OutgoingForm {
        var form = OutgoingForm()
        for output in outputs {
            var wanted = RequestedOutput(name: output.name)
            if let value = output.parameters["classification"] {
                guard let count = value.count, count > 0, count <= UInt32.max else {
                    throw ServingError(
                        .invalidArgument, "invalid value for classification of output '\(output.name)', must be > 0")
                }
                wanted.classificationCount = Int(count)
            }
            if let place = try SharedPlace(output.parameters, of: "output '\(output.name)'") {
                guard wanted.classificationCount == 0 else {
                    throw ServingError(
                        .invalidArgument,
                        "output '\(output.name)' has both 'classification' and 'shared_memory_region'")
                }
                let region = try regions.region(place.region)
                try region.check(offset: place.offset, byteCount: place.byteCount)
                form.regions[output.name] = (region, place.offset, place.byteCount)
            }
            request.outputs.append(wanted)
        }
        return form
    }

    private func read(
        _ parameters: [String: ParameterValue], into request: inout InferenceRequest
    ) throws(ServingError) {
        func wrong(_ name: String, _ expected: String) -> ServingError {
            ServingError(.invalidArgument, "parameter '\(name)' is no \(expected)")
        }
        var mark: (id: SequenceMark.Identifier?, isStart: Bool, isEnd: Bool) = (nil, false, false)
        for (name, value) in parameters {
            switch name {
            case "priority":
                guard let count = value.count else { throw wrong(name, "unsigned integer") }
                request.priority = count
            case "timeout":
                guard let count = value.count, let microseconds = Int64(exactly: count) else {
                    throw wrong(name, "number of microseconds")
                }
                request.timeout = .microseconds(microseconds)
            case "sequence_id":
                if case .string(let text) = value {
                    mark.id = text.isEmpty ? nil : .text(text)
                } else {
                    guard let count = value.count else { throw wrong(name, "unsigned integer or string") }
                    mark.id = count == 0 ? nil : .number(count)
                }
            case "sequence_start", "sequence_end":
                guard case .bool(let isSet) = value else { throw wrong(name, "boolean") }
                if name == "sequence_start" { mark.isStart = isSet } else { mark.isEnd = isSet }
            case "triton_enable_empty_final_response":
                guard case .bool = value else { throw wrong(name, "boolean") }
            default:
                guard !name.hasPrefix("triton_") else {
                    throw ServingError(
                        .invalidArgument, "parameter keys starting with 'triton_' are reserved: '\(name)'")
                }
                request.parameters[name] = value
            }
        }
        if let id = mark.id { request.sequence = SequenceMark(id: id, isStart: mark.isStart, isEnd: mark.isEnd) }
    }
}

extension IncomingInference.Input {
    /// What the input says of its elements, checked.
    fileprivate func described(_ model: String, _ id: String) throws(ServingError) -> (
        ShapedBytes, Datatype, Shape, Int
    ) {
        guard let datatype = Datatype(rawValue: datatype) else {
            throw ServingError(.invalidArgument, "datatype '\(datatype)' of input '\(name)' is unknown")
        }
        var shape = Shape.scalar
        var sizes = ShortList<Int>()
        for size in self.sizes {
            guard size >= 0 else {
                throw ServingError(.invalidArgument, "input '\(name)' has a size of \(size) in its shape")
            }
            sizes.append(Int(size))
        }
        shape = Shape(sizes: sizes)
        do throws(ComputeError) {
            let count = try shape.checkedElementCount()
            return (ShapedBytes(name: name, datatype, shape, count, model: model, id: id), datatype, shape, count)
        } catch {
            throw ServingError(.invalidArgument, "input '\(name)': \(error.message)")
        }
    }
}

extension MutableRawSpan {
    /// Copies as many bytes as there is room for.
    fileprivate mutating func copy(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        let source = bytes.extracting(range)
        // SAFETY: the caller made room for exactly the range.
        unsafe withUnsafeMutableBytes { target in
            unsafe source.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
        }
    }
}

/// A part of a region of shared memory that an input or output names.
struct SharedPlace {
    var region: String
    var offset: UInt64
    var byteCount: UInt64

    /// The part that parameters name; nil where they name none.
    init?(_ parameters: [String: ParameterValue], of owner: String) throws(ServingError) {
        guard let value = parameters["shared_memory_region"] else { return nil }
        guard case .string(let region) = value else {
            throw ServingError(.invalidArgument, "'shared_memory_region' of \(owner) is no string")
        }
        guard let byteCount = parameters["shared_memory_byte_size"]?.count else {
            throw ServingError(.invalidArgument, "'shared_memory_byte_size' of \(owner) is missing or no size")
        }
        guard let offset = (parameters["shared_memory_offset"] ?? .integer(0)).count else {
            throw ServingError(.invalidArgument, "'shared_memory_offset' of \(owner) is no size")
        }
        self.region = region
        self.offset = offset
        self.byteCount = byteCount
    }
}
