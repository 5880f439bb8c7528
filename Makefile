# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

.PHONY: demo test bench format lint clean

# Classifies a photo with a real ImageNet network; sets everything up by itself.
demo:
	@Scripts/demo.sh

# Builds and tests everything; sets everything up by itself.
test:
	@Scripts/test.sh

# Measures every row against every peer and writes Documentation/benchmarks.md; see there for ROWS and the rest.
bench:
	@Scripts/bench.sh

format:
	swift format --in-place --recursive Sources Tests Plugins Fuzz Benchmarks/Sources Package.swift

lint:
	swift format lint --strict --recursive Sources Tests Plugins Fuzz Benchmarks/Sources Package.swift

clean:
	rm -rf .build
