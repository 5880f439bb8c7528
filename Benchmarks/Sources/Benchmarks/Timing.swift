// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusTensors

/// Times runs and prints a line for each.
struct Timing {
    let options: Options

    /// Prints every case's time, its rate and its share of the machine's peak.
    func report(_ cases: [Case]) throws {
        let peaks = MachinePeaks(threads: options.threadCount ?? 1)
        print(
            "peaks: \(Text.number(peaks.floats)) GFLOP/s, \(Text.number(peaks.bytes)) Gop/s in 8 bits, ", terminator: ""
        )
        print("reading \(Text.number(peaks.reading)) GB/s")
        for each in cases {
            let time = try Self.median(each.load(options), each.inputs)
            let rate = each.amount / time / 1e9
            let unit = each.resource == .floats ? "GFLOP/s" : each.resource == .bytes ? "Gop/s" : "GB/s"
            let peak = peaks.rate(each.resource)
            let share = peak > 0 ? Text.padded(Text.number(100 * rate / peak) + " %", 8) : ""
            print(
                Text.name(each.name), Text.padded(Text.number(time * 1e6), 10), "us",
                Text.padded(Text.number(rate), 8), unit, share)
        }
    }

    /// Prints the time of a model from a file, with inputs of zeros.
    func report(path: String) throws {
        let model = try Model(path: path, options: options)
        var inputs: [String: Tensor] = [:]
        for port in model.signature.inputs {
            guard let shape = port.shape, let type = port.elementType else {
                throw Failure("'\(port)' has open sizes: give them, as in batch=1 length=128")
            }
            let values = try MutableTensor(type, shape)
            inputs[port.name] = values.finish()
        }
        let time = try Self.median(model.makeSession(), inputs)
        let name = path.split(separator: "/").last.map(String.init) ?? path
        print(Text.name(name), Text.padded(Text.number(time * 1e3), 10), "ms")
    }

    /// The median of many runs, in seconds.
    private static func median(_ session: Session, _ inputs: [String: Tensor]) throws -> Double {
        let clock = ContinuousClock()
        for _ in 0..<3 { _ = try session.run(inputs) }
        var times: [Duration] = []
        let end = clock.now + .milliseconds(300)
        while times.count < 5 || clock.now < end {
            times.append(try clock.measure { _ = try session.run(inputs) })
        }
        times.sort()
        let (seconds, attoseconds) = times[times.count / 2].components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
