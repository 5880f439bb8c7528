// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A floating-point type with more functions of the C library, under their names there.
package protocol RealNumber: Number, RealElement {
    static func acos(_ x: Self) -> Self
    static func acosh(_ x: Self) -> Self
    static func asin(_ x: Self) -> Self
    static func asinh(_ x: Self) -> Self
    static func atan(_ x: Self) -> Self
    static func atanh(_ x: Self) -> Self
    static func cosh(_ x: Self) -> Self
    static func sinh(_ x: Self) -> Self
    static func tan(_ x: Self) -> Self
    static func expm1(_ x: Self) -> Self
    static func log1p(_ x: Self) -> Self
    static func erf(_ x: Self) -> Self
    static func floor(_ x: Self) -> Self
    static func ceil(_ x: Self) -> Self
    static func rint(_ x: Self) -> Self
    static func sqrt(_ x: Self) -> Self
}

extension Float: RealNumber {
    @inline(__always)
    package static func acos(_ x: Float) -> Float { Glibc.acosf(x) }
    @inline(__always)
    package static func acosh(_ x: Float) -> Float { Glibc.acoshf(x) }
    @inline(__always)
    package static func asin(_ x: Float) -> Float { Glibc.asinf(x) }
    @inline(__always)
    package static func asinh(_ x: Float) -> Float { Glibc.asinhf(x) }
    @inline(__always)
    package static func atan(_ x: Float) -> Float { Glibc.atanf(x) }
    @inline(__always)
    package static func atanh(_ x: Float) -> Float { Glibc.atanhf(x) }
    @inline(__always)
    package static func cosh(_ x: Float) -> Float { Glibc.coshf(x) }
    @inline(__always)
    package static func sinh(_ x: Float) -> Float { Glibc.sinhf(x) }
    @inline(__always)
    package static func tan(_ x: Float) -> Float { Glibc.tanf(x) }
    @inline(__always)
    package static func expm1(_ x: Float) -> Float { Glibc.expm1f(x) }
    @inline(__always)
    package static func log1p(_ x: Float) -> Float { Glibc.log1pf(x) }
    @inline(__always)
    package static func erf(_ x: Float) -> Float { Glibc.erff(x) }
    @inline(__always)
    package static func floor(_ x: Float) -> Float { Glibc.floorf(x) }
    @inline(__always)
    package static func ceil(_ x: Float) -> Float { Glibc.ceilf(x) }
    @inline(__always)
    package static func rint(_ x: Float) -> Float { Glibc.rintf(x) }
    @inline(__always)
    package static func sqrt(_ x: Float) -> Float { Glibc.sqrtf(x) }
}

extension Double: RealNumber {
    @inline(__always)
    package static func acos(_ x: Double) -> Double { Glibc.acos(x) }
    @inline(__always)
    package static func acosh(_ x: Double) -> Double { Glibc.acosh(x) }
    @inline(__always)
    package static func asin(_ x: Double) -> Double { Glibc.asin(x) }
    @inline(__always)
    package static func asinh(_ x: Double) -> Double { Glibc.asinh(x) }
    @inline(__always)
    package static func atan(_ x: Double) -> Double { Glibc.atan(x) }
    @inline(__always)
    package static func atanh(_ x: Double) -> Double { Glibc.atanh(x) }
    @inline(__always)
    package static func cosh(_ x: Double) -> Double { Glibc.cosh(x) }
    @inline(__always)
    package static func sinh(_ x: Double) -> Double { Glibc.sinh(x) }
    @inline(__always)
    package static func tan(_ x: Double) -> Double { Glibc.tan(x) }
    @inline(__always)
    package static func expm1(_ x: Double) -> Double { Glibc.expm1(x) }
    @inline(__always)
    package static func log1p(_ x: Double) -> Double { Glibc.log1p(x) }
    @inline(__always)
    package static func erf(_ x: Double) -> Double { Glibc.erf(x) }
    @inline(__always)
    package static func floor(_ x: Double) -> Double { Glibc.floor(x) }
    @inline(__always)
    package static func ceil(_ x: Double) -> Double { Glibc.ceil(x) }
    @inline(__always)
    package static func rint(_ x: Double) -> Double { Glibc.rint(x) }
    @inline(__always)
    package static func sqrt(_ x: Double) -> Double { Glibc.sqrt(x) }
}
