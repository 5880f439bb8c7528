// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs

extension ShapeOperator: PiecewiseConstant {}
extension Size: PiecewiseConstant {}
extension ConstantOfShape: PiecewiseConstant {}
extension Equal: PiecewiseConstant {}
extension Greater: PiecewiseConstant {}
extension GreaterOrEqual: PiecewiseConstant {}
extension Less: PiecewiseConstant {}
extension LessOrEqual: PiecewiseConstant {}
extension Not: PiecewiseConstant {}
extension And: PiecewiseConstant {}
extension Or: PiecewiseConstant {}
extension Xor: PiecewiseConstant {}
extension IsNaN: PiecewiseConstant {}
extension IsInf: PiecewiseConstant {}
extension Sign: PiecewiseConstant {}
extension Floor: PiecewiseConstant {}
extension Ceil: PiecewiseConstant {}
extension Round: PiecewiseConstant {}
extension ArgMax: PiecewiseConstant {}
extension ArgMin: PiecewiseConstant {}
extension NonZero: PiecewiseConstant {}
extension EyeLike: PiecewiseConstant {}
extension OneHot: PiecewiseConstant {}
