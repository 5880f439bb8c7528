// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Configurations that set every field there is, one for each kind of scheduling.
enum WholeConfiguration {
    static let texts = [
        "version_policy { specific { versions: [ 1, 3 ] } }" + common + dynamic,
        "version_policy { latest { num_versions: 2 } }" + common + direct,
        "version_policy { all { } }" + common + oldest,
        common + ensemble,
    ]

    private static let common = #"""
        # Everything at once.
        name: "whole"  platform: "onnxruntime_onnx"  backend: "onnxruntime"  runtime: "lib.so"
        max_batch_size: 8
        input [
          {
            name: "x"  data_type: TYPE_FP32  format: FORMAT_NCHW  dims: [ 3, -1, 0x10 ]
            reshape { shape: [ 48, -1 ] }
            is_shape_tensor: true  allow_ragged_batch: true  optional: true  is_non_linear_format_io: true
          },
          { name: 'state' data_type: TYPE_STRING dims: 1 }
        ]
        output < name: "y"; data_type: TYPE_BF16; dims: 2; label_filename: "labels" ".txt"
          reshape { shape: 2 } is_shape_tensor: true is_non_linear_format_io: true >
        batch_input { kind: BATCH_ITEM_SHAPE target_name: "shape" data_type: TYPE_UINT32 source_input: "x" }
        batch_output { target_name: "y" kind: 0 source_input: "x" }
        optimization {
          graph { level: -1 }
          priority: PRIORITY_MAX
          cuda {
            graphs: true  busy_wait_events: true  output_copy_stream: true
            graph_spec {
              batch_size: 2
              input { key: "x" value { dim: [ 1, 2 ] } }
              graph_lower_bound { batch_size: 1 input { key: "x" value { dim: 1 } } }
            }
          }
          execution_accelerators {
            gpu_execution_accelerator { name: "tensorrt" parameters { key: "precision_mode" value: "FP16" } }
            cpu_execution_accelerator { name: "openvino" }
          }
          input_pinned_memory { enable: true }  output_pinned_memory { enable: true }
          gather_kernel_buffer_threshold: 5  eager_batching: true
        }
        instance_group [ {
          name: "cpus"  kind: KIND_CPU  count: 2  gpus: [ 0, 1 ]  profile: [ "a" ]  passive: true  host_policy: "p"
          rate_limiter { resources { name: "r" global: true count: 3 } priority: 4 }
          secondary_devices { kind: KIND_NVDLA device_id: 6 }
        } ]
        default_model_filename: "m.onnx"
        cc_model_filenames { key: "7.5" value: "m75.onnx" }
        metric_tags { key: "team" value: "a" }
        parameters { key: "k" value { string_value: "v" } }
        model_warmup {
          name: "w"  batch_size: 2  count: 3
          inputs { key: "a" value { data_type: TYPE_FP16 dims: [ 1 ] zero_data: true } }
          inputs { key: "b" value { data_type: TYPE_FP16 dims: [ 1 ] random_data: true } }
          inputs { key: "c" value { data_type: TYPE_FP16 dims: [ 1 ] input_data_file: "f" } }
        }
        model_operations { op_library_filename: "ops.so" }
        model_transaction_policy { decoupled: true }
        model_repository_agents { agents { name: "checksum" parameters { key: "MD5:f" value: "0" } } }
        response_cache { enable: true }
        model_metrics {
          metric_control { metric_identifier { family: "f" } histogram_options { buckets: [ 1, 2.5, 1e-3 ] } }
        }

        """#

    private static let dynamic = """
        dynamic_batching {
          preferred_batch_size: [ 4, 8 ]  max_queue_delay_microseconds: 100  preserve_ordering: true
          priority_levels: 3  default_priority_level: 2
          default_queue_policy {
            timeout_action: DELAY  default_timeout_microseconds: 1000  allow_timeout_override: true  max_queue_size: 9
          }
          priority_queue_policy { key: 1 value { max_queue_size: 5 } }
        }
        """

    private static let direct = """
        sequence_batching {
          max_sequence_idle_microseconds: 5000000
          control_input {
            name: "START"
            control { kind: CONTROL_SEQUENCE_END int32_false_true: [ 0, 1 ] }
            control { kind: CONTROL_SEQUENCE_READY fp32_false_true: [ 0, 1 ] }
            control { kind: CONTROL_SEQUENCE_CORRID bool_false_true: [ false, true ] data_type: TYPE_UINT64 }
          }
          direct { max_queue_delay_microseconds: 7 minimum_slot_utilization: 0.5 }
          state {
            input_name: "in"  output_name: "out"  data_type: TYPE_INT32  dims: [ 1 ]
            initial_state { data_type: TYPE_INT32 dims: 1 zero_data: true name: "zero" }
            initial_state { data_type: TYPE_INT32 dims: 1 data_file: "state.bin" name: "file" }
            use_same_buffer_for_input_output: true  use_growable_memory: true
          }
          iterative_sequence: true
        }
        """

    private static let oldest = """
        sequence_batching {
          oldest {
            max_candidate_sequences: 4  preferred_batch_size: [ 2 ]  max_queue_delay_microseconds: 8
            preserve_ordering: true
          }
        }
        """

    private static let ensemble = """
        ensemble_scheduling {
          step {
            model_name: "a"  model_version: -1  model_namespace: "n"
            input_map { key: "x" value: "in" }  output_map { key: "y" value: "out" }
          }
          max_inflight_requests: 4
        }
        """
}
