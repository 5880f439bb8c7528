// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusTensors

extension WireRequest.Input {
    /// Reads one input; its data are read once shape and datatype are known, and passed over until then.
    init(_ reader: inout JSONReader, number: Int) throws(JSONError) {
        guard try reader.kind() == .object else { throw reader.failure("input \(number) is no object") }
        var isFirst = true
        var dataPlace: Int?
        var marks = SharedMarks()
        var hasData = false
        try reader.beginObject()
        while let key = try reader.nextKey(&isFirst) {
            switch key {
            case "name": name = try reader.string()
            case "shape":
                guard shape == nil else { throw reader.failure("'shape' of input '\(name)' is there twice") }
                (shape, count) = try WireRequest.Input.readShape(&reader, name)
            case "datatype":
                guard datatype == nil else { throw reader.failure("'datatype' of input '\(name)' is there twice") }
                let text = try reader.string()
                guard let known = Datatype(rawValue: text) else {
                    throw reader.failure("datatype '\(text)' of input '\(name)' is unknown")
                }
                datatype = known
            case "parameters": try marks.read(&reader, of: "input '\(name)'")
            case "data":
                guard !hasData else { throw reader.failure("'data' of input '\(name)' is there twice") }
                hasData = true
                if datatype != nil, shape != nil {
                    try readData(&reader)
                } else {
                    dataPlace = reader.position
                    try reader.skip()
                }
            default: try reader.skip()
            }
        }
        guard !name.isEmpty else { throw reader.failure("input \(number) has no 'name'") }
        guard datatype != nil else { throw reader.failure("input '\(name)' has no 'datatype'") }
        guard shape != nil else { throw reader.failure("input '\(name)' has no 'shape'") }
        if let dataPlace {
            let end = reader.position
            reader.move(to: dataPlace)
            try readData(&reader)
            reader.move(to: end)
        }
        try settle(marks, hasData: hasData, reader)
    }

    private mutating func settle(
        _ marks: SharedMarks, hasData: Bool, _ reader: borrowing JSONReader
    ) throws(JSONError) {
        let kinds = (hasData ? 1 : 0) + (marks.binaryBytes != nil ? 1 : 0) + (marks.region != nil ? 1 : 0)
        guard kinds == 1 else {
            throw reader.failure(
                "input '\(name)' must have exactly one of 'data', 'binary_data_size' and 'shared_memory_region', it "
                    + "has \(kinds)")
        }
        if let bytes = marks.binaryBytes { source = .binary(bytes) }
        if let place = try marks.place(of: "input '\(name)'", reader) { source = .shared(place) }
    }

    private mutating func readData(_ reader: inout JSONReader) throws(JSONError) {
        guard let datatype, let shape else { return }
        do throws(JSONError) {
            source = .data(try reader.tensor(datatype, shape, count: count))
        } catch {
            throw JSONError("'data' of input '\(name)': \(error.message)", at: error.offset)
        }
    }

    private static func readShape(
        _ reader: inout JSONReader, _ name: String
    ) throws(JSONError) -> (Shape, Int) {
        var sizes = ShortList<Int>()
        var isFirst = true
        try reader.beginArray()
        while try reader.nextElement(&isFirst) {
            guard sizes.count < WireRequest.mostDimensions else {
                throw reader.failure("'shape' of input '\(name)' has more than \(WireRequest.mostDimensions) sizes")
            }
            let size = try reader.integer(Int64.self, atLeast: 0, "'shape' of input '\(name)'")
            sizes.append(Int(size))
        }
        let shape = Shape(sizes: sizes)
        do throws(ComputeError) {
            return (shape, try shape.checkedElementCount())
        } catch {
            throw reader.failure("'shape' of input '\(name)': \(error.message)")
        }
    }
}

extension WireRequest.Output {
    init(_ reader: inout JSONReader, number: Int) throws(JSONError) {
        guard try reader.kind() == .object else { throw reader.failure("output \(number) is no object") }
        var isFirst = true
        var marks = SharedMarks()
        try reader.beginObject()
        while let key = try reader.nextKey(&isFirst) {
            switch key {
            case "name": name = try reader.string()
            case "parameters": try marks.read(&reader, of: "output '\(name)'")
            default: try reader.skip()
            }
        }
        guard !name.isEmpty else { throw reader.failure("output \(number) has no 'name'") }
        isBinary = marks.isBinary
        classificationCount = marks.classificationCount
        shared = try marks.place(of: "output '\(name)'", reader)
        guard shared == nil || (classificationCount == 0 && isBinary != true) else {
            throw reader.failure(
                "output '\(name)' has 'shared_memory_region' and "
                    + (isBinary == true ? "'binary_data'" : "'classification'")
            )
        }
    }
}

/// The parameters of an input or output that mean something here; all others are passed over.
private struct SharedMarks {
    var binaryBytes: Int?
    var isBinary: Bool?
    var classificationCount = 0
    var region: String?
    var regionOffset: UInt64 = 0
    var regionBytes: UInt64?

    mutating func read(_ reader: inout JSONReader, of owner: String) throws(JSONError) {
        guard try reader.kind() == .object else { throw reader.failure("'parameters' of \(owner) is no object") }
        var isFirst = true
        try reader.beginObject()
        while let key = try reader.nextKey(&isFirst) {
            switch key {
            case "binary_data_size":
                binaryBytes = Int(try reader.integer(Int64.self, atLeast: 0, "'binary_data_size' of \(owner)"))
            case "binary_data": isBinary = try reader.bool()
            case "classification": classificationCount = Int(try reader.integer(UInt32.self))
            case "shared_memory_region": region = try reader.string()
            case "shared_memory_offset": regionOffset = try reader.integer(UInt64.self)
            case "shared_memory_byte_size": regionBytes = try reader.integer(UInt64.self)
            default: try reader.skip()
            }
        }
    }

    func place(
        of owner: String, _ reader: borrowing JSONReader
    ) throws(JSONError) -> WireRequest.SharedPlace? {
        guard let region else { return nil }
        guard let regionBytes else {
            throw reader.failure("\(owner) has 'shared_memory_region' and no 'shared_memory_byte_size'")
        }
        return WireRequest.SharedPlace(region: region, offset: regionOffset, byteCount: regionBytes)
    }
}
