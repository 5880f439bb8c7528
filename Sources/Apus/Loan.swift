// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// A tensor over memory that is only lent for the time of one call.
struct Loan {
    let tensor: Tensor
    private let first: UInt
    private let byteCount: UInt

    init(_ tensor: Tensor, first: UInt, byteCount: Int) {
        self.tensor = tensor
        self.first = first
        self.byteCount = UInt(byteCount)
    }

    /// The results, with those that lie in the lent memory copied out of it.
    func returning(_ results: Results) -> Results {
        Results(results.map { Results.Element(name: $0.name, datum: kept($0.datum)) })
    }

    private func kept(_ datum: Datum) -> Datum {
        switch datum {
        case .tensor(let tensor): .tensor(kept(tensor))
        case .sequence(let items): .sequence(items.map(kept))
        case .map(let map): .map(TensorMap(keys: kept(map.keys), values: kept(map.values)))
        case .none: .none
        }
    }

    private func kept(_ tensor: Tensor) -> Tensor {
        let address = unsafe UInt(bitPattern: tensor.baseAddress)
        guard tensor.byteCount > 0, address >= first, address - first < byteCount,
            let copy = try? MutableTensor(tensor.elementType, tensor.shape)
        else { return tensor }
        // SAFETY: the copy was made with the same type and shape, so both have byteCount bytes.
        unsafe copy.baseAddress.copyMemory(from: tensor.baseAddress, byteCount: tensor.byteCount)
        return copy.finish()
    }
}

/// Keeps nothing alive: the borrow of the span does.
private final class Lender: Sendable {}

extension Span where Element: TensorElement {
    /// Calls the body with a tensor over the span's memory, which must not outlive the call.
    func withLoan<Result>(
        _ shape: Shape, _ body: (Loan) throws(EngineError) -> Result
    ) throws(EngineError) -> Result {
        let outcome: Swift.Result<Result, EngineError> = unsafe withUnsafeBytes { bytes in
            let loan: Loan
            do throws(ComputeError) {
                guard try shape.checkedElementCount() == count else {
                    throw ComputeError(.shape, "\(count) elements do not fill \(shape)")
                }
                guard let base = bytes.baseAddress else {
                    return Swift.Result { () throws(EngineError) in
                        try body(Loan(try Session.empty(Element.elementType, shape), first: 0, byteCount: 0))
                    }
                }
                // SAFETY: nothing writes to the inputs of a run, and results are copied out of the lent memory.
                let storage = unsafe TensorStorage(
                    borrowing: UnsafeMutableRawPointer(mutating: base), byteCount: bytes.count, owner: Lender())
                let tensor = try Tensor(Element.elementType, shape, storage: storage)
                loan = Loan(tensor, first: UInt(bitPattern: base), byteCount: bytes.count)
            } catch {
                return .failure(EngineError(error))
            }
            return Swift.Result { () throws(EngineError) in try body(loan) }
        }
        return try outcome.get()
    }
}

extension Session {
    fileprivate static func empty(_ elementType: ElementType, _ shape: Shape) throws(EngineError) -> Tensor {
        do {
            return try MutableTensor(elementType, shape).finish()
        } catch {
            throw EngineError(error)
        }
    }
}
