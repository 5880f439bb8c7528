// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

typealias Handle = UnsafeMutableRawPointer
typealias HandleSlot = UnsafeMutablePointer<UnsafeMutableRawPointer?>
typealias Text = UnsafePointer<CChar>

/// The entries of ONNX Runtime's function table that are used, by their published positions.
@unsafe
struct ONNXRuntimeTable {
    typealias Create = @convention(c) (HandleSlot) -> Handle?
    typealias Release = @convention(c) (Handle?) -> Void
    typealias SetNumber = @convention(c) (Handle, Int32) -> Handle?
    typealias Count = @convention(c) (Handle, UnsafeMutablePointer<Int>) -> Handle?
    typealias Kind = @convention(c) (Handle, UnsafeMutablePointer<Int32>) -> Handle?
    typealias Name = @convention(c) (Handle, Int, Handle, HandleSlot) -> Handle?

    let errorMessage: @convention(c) (Handle) -> Text?
    let releaseStatus: Release
    let createEnvironment: @convention(c) (Int32, Text, HandleSlot) -> Handle?
    let createOptions: Create
    let setOptimization: SetNumber
    let setThreadCount: SetNumber
    let setOuterThreadCount: SetNumber
    let addSetting: @convention(c) (Handle, Text, Text) -> Handle?
    let releaseOptions: Release
    let createSession: @convention(c) (Handle, Text, Handle, HandleSlot) -> Handle?
    let createSessionFromBytes: @convention(c) (Handle, UnsafeRawPointer, Int, Handle, HandleSlot) -> Handle?
    let releaseSession: Release
    let inputCount: Count
    let outputCount: Count
    let inputName: Name
    let outputName: Name
    let run:
        @convention(c) (
            Handle, Handle?, UnsafePointer<Text?>, UnsafePointer<Handle?>, Int, UnsafePointer<Text?>, Int, HandleSlot
        ) -> Handle?
    let createCPUMemory: @convention(c) (Int32, Int32, HandleSlot) -> Handle?
    let defaultAllocator: Create
    let free: @convention(c) (Handle, Handle?) -> Handle?
    let createTensor: @convention(c) (Handle, UnsafePointer<Int64>, Int, Int32, HandleSlot) -> Handle?
    let borrowTensor: @convention(c) (Handle, Handle, Int, UnsafePointer<Int64>, Int, Int32, HandleSlot) -> Handle?
    let tensorData: @convention(c) (Handle, HandleSlot) -> Handle?
    let fillStrings: @convention(c) (Handle, UnsafePointer<Text?>, Int) -> Handle?
    let stringByteCount: Count
    let stringContent: @convention(c) (Handle, Handle, Int, UnsafeMutablePointer<Int>, Int) -> Handle?
    let valueKind: Kind
    let hasValue: Kind
    let valueCount: Count
    let elementOfValue: @convention(c) (Handle, Int32, Handle, HandleSlot) -> Handle?
    let createValue: @convention(c) (UnsafePointer<Handle?>, Int, Int32, HandleSlot) -> Handle?
    let releaseValue: Release
    let tensorInfo: @convention(c) (Handle, HandleSlot) -> Handle?
    let elementType: Kind
    let dimensionCount: Count
    let dimensions: @convention(c) (Handle, UnsafeMutablePointer<Int64>, Int) -> Handle?
    let releaseTensorInfo: Release

    init(_ table: UnsafePointer<UnsafeMutableRawPointer?>) {
        func entry<Function>(_ position: Int, as type: Function.Type = Function.self) -> Function {
            // SAFETY: a C function pointer and a raw pointer have the same form; positions never change between
            // versions of the table, and a version that exists fills all of its positions.
            unsafe unsafeBitCast(table[position], to: Function.self)
        }
        unsafe errorMessage = entry(2)
        unsafe releaseStatus = entry(93)
        unsafe createEnvironment = entry(3)
        unsafe createOptions = entry(10)
        unsafe setOptimization = entry(23)
        unsafe setThreadCount = entry(24)
        unsafe setOuterThreadCount = entry(25)
        unsafe addSetting = entry(130)
        unsafe releaseOptions = entry(100)
        unsafe createSession = entry(7)
        unsafe createSessionFromBytes = entry(8)
        unsafe releaseSession = entry(95)
        unsafe inputCount = entry(30)
        unsafe outputCount = entry(31)
        unsafe inputName = entry(36)
        unsafe outputName = entry(37)
        unsafe run = entry(9)
        unsafe createCPUMemory = entry(69)
        unsafe defaultAllocator = entry(78)
        unsafe free = entry(76)
        unsafe createTensor = entry(48)
        unsafe borrowTensor = entry(49)
        unsafe tensorData = entry(51)
        unsafe fillStrings = entry(52)
        unsafe stringByteCount = entry(53)
        unsafe stringContent = entry(54)
        unsafe valueKind = entry(67)
        unsafe hasValue = entry(192)
        unsafe valueCount = entry(81)
        unsafe elementOfValue = entry(80)
        unsafe createValue = entry(82)
        unsafe releaseValue = entry(96)
        unsafe tensorInfo = entry(65)
        unsafe elementType = entry(60)
        unsafe dimensionCount = entry(61)
        unsafe dimensions = entry(62)
        unsafe releaseTensorInfo = entry(99)
    }
}
