// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// An operator that knows how many multiply-adds the definition of its result takes.
protocol CountsWork {
    /// Multiply-adds for each element of the first output.
    var workPerElement: Int { get }
}

extension LoweredImageConv: CountsWork {}
extension LoweredConv: CountsWork {}
extension LoweredMatMul: CountsWork {}
extension LoweredMatMulNBits: CountsWork {}
extension ChannelsLastConv: CountsWork {}
extension LoweredQLinearConv: CountsWork {}
extension LoweredMatMulInteger: CountsWork {}
extension LoweredQLinearMatMul: CountsWork {}
