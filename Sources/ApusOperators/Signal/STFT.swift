// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The Fourier transforms of windows that slide over a signal.
package struct STFT: RealOperator {
    package static let schema = Schema("STFT", since: 17, inputs: 2...4)

    private let isOneSided: Bool

    package init(_ node: NodeReader) throws(ComputeError) { isOneSided = try node.flag("onesided", default: true) }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let type = inputs.elementType(0)
        guard let signal = inputs.dimensions(0) else { return [.tensor(maybe: type, nil)] }
        guard signal.count == 3 else { throw .shape("a signal \(signal) is not of rank 3") }
        var length = signal[1]
        if let window = inputs.dimensions(2)?.first {
            length = window
        } else if inputs.known(2) != nil {
            length = .unknown
        }
        if inputs.known(3) != nil { length = inputs.expressions(3)?.first ?? inputs.dimensions(2)?.first ?? .unknown }
        let step = inputs.expressions(1)?.first ?? .unknown
        let frames = (signal[1] - length).floorDivided(by: step) + 1
        let bins = isOneSided ? length.floorDivided(by: 2) + 1 : length
        return [.tensor(maybe: type, [signal[0], frames, bins, 2])]
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let signal = try inputs.tensor(0)
        let step = try inputs.tensor(1).scalarInteger()
        let window = try inputs.optionalTensor(2)?.reals(as: Double.self)
        guard signal.shape.rank == 3, signal.shape[2] == 1 || signal.shape[2] == 2 else {
            throw .shape("a signal \(signal.shape) is not of batch, samples and parts")
        }
        let samples = signal.shape[1]
        let parts = signal.shape[2]
        let length = try inputs.optionalTensor(3)?.scalarInteger() ?? window?.count ?? samples
        guard step > 0, length > 0, length <= samples, window.map({ $0.count == length }) ?? true else {
            throw .value(
                "frames of \(length) every \(step) over \(samples) with a window of \(window?.count ?? length)")
        }
        let frames = (samples - length) / step + 1
        let bins = isOneSided ? length / 2 + 1 : length
        let transform = try FourierTransform(length, inverse: false)
        let source = try signal.elements(of: Element.self)
        try outputs.write(0, of: Element.self, [signal.shape[0], frames, bins, 2]) { (target) throws(ComputeError) in
            var real = [Double](repeating: 0, count: length)
            var imaginary = real
            for row in 0..<signal.shape[0] * frames {
                let start = row / frames * samples + row % frames * step
                for index in 0..<length {
                    let factor = window?[index] ?? 1
                    real[index] = Double(source[(start + index) * parts]) * factor
                    imaginary[index] = parts == 2 ? Double(source[(start + index) * parts + 1]) * factor : 0
                }
                try transform(&real, &imaginary)
                for bin in 0..<bins {
                    target[(row * bins + bin) * 2] = Element(real[bin])
                    target[(row * bins + bin) * 2 + 1] = Element(imaginary[bin])
                }
            }
        }
    }
}
