// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusProtocol
import ApusServing
import SwiftProtobuf
import Testing

@Suite struct ConfigurationJSONTests {
    @Test("Configurations are written as Triton writes them: own names, defaults, numbers, names of enumerations")
    func form() throws {
        var message = Inference_ModelConfig()
        message.name = "a\"b\n"
        message.maxBatchSize = -1
        message.input = [
            Inference_ModelInput.with { ($0.name, $0.dataType, $0.dims) = ("x", .typeInt32, [16, -1]) }
        ]
        message.instanceGroup = [Inference_ModelInstanceGroup.with { ($0.kind, $0.count) = (.cpu, 2) }]
        message.versionPolicy.latest.numVersions = 1
        message.dynamicBatching.maxQueueDelayMicroseconds = 1 << 60
        message.dynamicBatching.priorityQueuePolicy = [2: Inference_ModelQueuePolicy()]
        let text = try ConfigurationJSON.text(message)
        for part in [
            #""name":"a\"b\n""#, #""platform":"""#, #""max_batch_size":-1"#,
            #""version_policy":{"latest":{"num_versions":1}}"#,
            #""data_type":"TYPE_INT32""#, #""format":"FORMAT_NONE""#, #""dims":[16,-1]"#, #""optional":false"#,
            #""output":[]"#, #""kind":"KIND_CPU""#, #""count":2"#, #""gpus":[]"#, #""metric_tags":{}"#,
            #""max_queue_delay_microseconds":1152921504606846976"#,
            #""priority_queue_policy":{"2":{"timeout_action":"REJECT""#,
        ] { #expect(text.contains(part), "\(part) is not in \(text)") }
        #expect(!text.contains("sequence_batching"))
        #expect(!text.contains("reshape"))
    }

    @Test("What is written is read as the same configuration")
    func roundTrip() throws {
        for text in WholeConfiguration.texts {
            let message = try ConfigurationReader.read(text: Array(text.utf8), origin: "c").message
            let json = try ConfigurationJSON.text(message)
            #expect(try ConfigurationReader.read(json: json, origin: "json").message == message)
        }
    }
}
