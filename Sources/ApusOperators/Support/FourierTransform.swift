// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// The discrete Fourier transform of one length: powers of two by halving, short ones directly, others by Bluestein.
package struct FourierTransform {
    /// The number of values.
    package let count: Int
    private let sign: Double
    private let rootsReal: [Double]
    private let rootsImaginary: [Double]
    private let isPowerOfTwo: Bool
    private var chirp: Chirp?

    /// What turns a transform of any length into a convolution.
    private struct Chirp {
        var size: Int
        var real: [Double]
        var imaginary: [Double]
        var kernelReal: [Double]
        var kernelImaginary: [Double]
    }

    /// Prepares a transform of the given length; the inverse is not divided by it.
    package init(_ count: Int, inverse: Bool) throws(ComputeError) {
        guard count >= 1, count <= 1 << 24 else { throw .limit("a Fourier transform of \(count) values") }
        self.count = count
        let sign: Double = inverse ? 1 : -1
        self.sign = sign
        isPowerOfTwo = count & (count - 1) == 0
        let usesRoots = isPowerOfTwo || count <= 64
        let angles = (0..<(usesRoots ? count : 0)).map { 2 * Double.pi * Double($0) / Double(count) }
        rootsReal = angles.map { Double.cos($0) }
        rootsImaginary = angles.map { sign * Double.sin($0) }
        guard !usesRoots else { return }
        var size = 1
        while size < 2 * count - 1 { size *= 2 }
        let squares = (0..<count).map { Double.pi * Double($0 * $0 % (2 * count)) / Double(count) }
        let real = squares.map { Double.cos($0) }
        let imaginary = squares.map { sign * Double.sin($0) }
        var kernelReal = [Double](repeating: 0, count: size)
        var kernelImaginary = kernelReal
        for index in 0..<count {
            kernelReal[index] = real[index]
            kernelImaginary[index] = -imaginary[index]
            if index > 0 {
                kernelReal[size - index] = real[index]
                kernelImaginary[size - index] = -imaginary[index]
            }
        }
        try FourierTransform(size, inverse: false)(&kernelReal, &kernelImaginary)
        chirp = Chirp(
            size: size, real: real, imaginary: imaginary, kernelReal: kernelReal, kernelImaginary: kernelImaginary)
    }

    /// Transforms values in place.
    package func callAsFunction(_ real: inout [Double], _ imaginary: inout [Double]) throws(ComputeError) {
        precondition(real.count == count && imaginary.count == count)
        if let chirp {
            try convolve(chirp, &real, &imaginary)
        } else if isPowerOfTwo {
            halve(&real, &imaginary)
        } else {
            sum(&real, &imaginary)
        }
    }

    private func sum(_ real: inout [Double], _ imaginary: inout [Double]) {
        let (first, second) = (real, imaginary)
        for frequency in 0..<count {
            var (left, right) = (0.0, 0.0)
            for index in 0..<count {
                let root = frequency * index % count
                left += first[index] * rootsReal[root] - second[index] * rootsImaginary[root]
                right += first[index] * rootsImaginary[root] + second[index] * rootsReal[root]
            }
            real[frequency] = left
            imaginary[frequency] = right
        }
    }

    private func halve(_ real: inout [Double], _ imaginary: inout [Double]) {
        var mirror = 0
        for index in 1..<max(count, 1) {
            var bit = count >> 1
            while mirror & bit != 0 {
                mirror ^= bit
                bit >>= 1
            }
            mirror |= bit
            if index < mirror {
                real.swapAt(index, mirror)
                imaginary.swapAt(index, mirror)
            }
        }
        var half = 1
        while half < count {
            let step = count / (2 * half)
            for start in stride(from: 0, to: count, by: 2 * half) {
                for offset in 0..<half {
                    let (low, high) = (start + offset, start + offset + half)
                    let (cosine, sine) = (rootsReal[offset * step], rootsImaginary[offset * step])
                    let left = real[high] * cosine - imaginary[high] * sine
                    let right = real[high] * sine + imaginary[high] * cosine
                    real[high] = real[low] - left
                    imaginary[high] = imaginary[low] - right
                    real[low] += left
                    imaginary[low] += right
                }
            }
            half *= 2
        }
    }

    private func convolve(
        _ chirp: Chirp, _ real: inout [Double], _ imaginary: inout [Double]
    ) throws(ComputeError) {
        var left = [Double](repeating: 0, count: chirp.size)
        var right = left
        for index in 0..<count {
            left[index] = real[index] * chirp.real[index] - imaginary[index] * chirp.imaginary[index]
            right[index] = real[index] * chirp.imaginary[index] + imaginary[index] * chirp.real[index]
        }
        try FourierTransform(chirp.size, inverse: false)(&left, &right)
        for index in 0..<chirp.size {
            let (a, b) = (left[index], right[index])
            left[index] = a * chirp.kernelReal[index] - b * chirp.kernelImaginary[index]
            right[index] = a * chirp.kernelImaginary[index] + b * chirp.kernelReal[index]
        }
        try FourierTransform(chirp.size, inverse: true)(&left, &right)
        let factor = 1 / Double(chirp.size)
        for index in 0..<count {
            let (a, b) = (left[index] * factor, right[index] * factor)
            real[index] = a * chirp.real[index] - b * chirp.imaginary[index]
            imaginary[index] = a * chirp.imaginary[index] + b * chirp.real[index]
        }
    }
}
