// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusProtocol
import ApusServing
import GRPCCore
import SwiftProtobuf

/// The methods about traces and logs.
struct SettingMethods: Sendable {
    private typealias Method = Inference_GRPCInferenceService.Method

    private let edge: GRPCEdge

    init(_ edge: GRPCEdge) { self.edge = edge }

    func register<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        router.add(Method.TraceSetting.descriptor, traceSetting)
        router.add(Method.LogSettings.descriptor, logSettings)
    }

    private func traceSetting(
        _ request: Inference_TraceSettingRequest
    ) async throws -> Inference_TraceSettingResponse {
        let model = request.modelName.isEmpty ? nil : request.modelName
        if let model { _ = try await edge.server.modelMetadata(model, version: "") }
        let changes = request.settings.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value.value) }
        try edge.state.traces.change(model, changes)
        var response = Inference_TraceSettingResponse()
        for (name, value) in edge.state.traces.values(model) {
            response.settings[name] = .with { $0.value = value }
        }
        return response
    }

    private func logSettings(_ request: Inference_LogSettingsRequest) async throws -> Inference_LogSettingsResponse {
        var changes: [(name: String, value: LogSettings.Value)] = []
        for (name, setting) in request.settings.sorted(by: { $0.key < $1.key }) {
            switch setting.parameterChoice {
            case .boolParam(let value): changes.append((name, .bool(value)))
            case .uint32Param(let value): changes.append((name, .count(value)))
            case .stringParam(let value): changes.append((name, .string(value)))
            case nil: throw ServingError(.invalidArgument, "log setting '\(name)' has no value")
            }
        }
        try edge.state.logs.change(changes)
        let values = edge.state.logs.values
        return .with {
            $0.settings["log_file"] = .with { $0.stringParam = "" }
            $0.settings["log_info"] = .with { $0.boolParam = values.info }
            $0.settings["log_warning"] = .with { $0.boolParam = values.warning }
            $0.settings["log_error"] = .with { $0.boolParam = values.error }
            $0.settings["log_verbose_level"] = .with { $0.uint32Param = values.verboseLevel }
            $0.settings["log_format"] = .with { $0.stringParam = values.format }
        }
    }
}
