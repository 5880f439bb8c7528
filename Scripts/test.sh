#!/bin/bash
# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

# Builds and tests everything; the last line counts what passed, failed and was skipped.
. "$(dirname "$0")/common.sh"
start=$SECONDS
passed=0 failed=0 skipped=0
count() { passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3)); }
step() {
    local name="$1"
    shift
    if "$@" > "$cache/step.log" 2>&1; then
        echo "    $name: ${green}passed${plain}"
        count 1 0 0
    else
        tail -n 60 "$cache/step.log"
        echo "    $name: ${red}failed${plain}"
        count 0 1 0
    fi
}

need_tools
need_packages

say "fetching cases and models"
has_data=yes
need_cases demo conformance models inputs || has_data=no
pictures="$cache/python/pillow-13.0.0"
if [ ! -d "$pictures/PIL" ]; then
    echo "    installing pillow 13.0.0 into .cache/python"
    rm -rf "$pictures.part"
    # It stands apart because onnx makes other cases where it is there.
    python3 -m pip install --quiet --disable-pip-version-check --target "$pictures.part" --only-binary=:all: \
        pillow==13.0.0 && mv "$pictures.part" "$pictures" || has_data=no
fi
if [ $has_data = yes ]; then
    model="$cache/models/efficientnet-lite0.onnx"
    [ -f "$model" ] || { python3 Scripts/efficientnet_lite0.py "$cache/demo/efficientnet-lite0.pth" "$model.part" &&
        mv "$model.part" "$model"; }
    echo "    running the models on photos, text and sound with ONNX Runtime"
    PYTHONPATH="$packages:$pictures" python3 Scripts/expected_outputs.py "$cache" > "$cache/expected.log" 2>&1 ||
        { tail -n 5 "$cache/expected.log"; has_data=no; }
fi
[ $has_data = yes ] || echo "    ${red}not everything is there (no network?): tests that need it are skipped${plain}"

say "format and imports"
step "swift format lint" \
    swift format lint --strict --recursive Sources Tests Plugins Fuzz Benchmarks/Sources Package.swift

build -c release --build-tests --explicit-target-dependency-import-check error
count 1 0 0
bin="$(swift build -c release --show-bin-path)"

say "unit and architecture tests"
APUS_ONNXRUNTIME_LIBRARY="$(find "$packages/onnxruntime" -name 'libonnxruntime.so.*' 2> /dev/null | head -n 1 || true)"
[ -z "$APUS_ONNXRUNTIME_LIBRARY" ] || export APUS_ONNXRUNTIME_LIBRARY
results="$cache/tests.xml"
rm -f "$cache"/tests*.xml
set +e
APUS_TEST_DATA="$cache" swift test -c release --skip-build --disable-xctest --xunit-output "$results" \
    > "$cache/tests.log" 2>&1
status=$?
set -e
found="$cache/tests-swift-testing.xml"
[ -f "$found" ] || found="$results"
read -r all bad left <<< "$(python3 Scripts/count_tests.py "$found")"
grep -E '✘|recorded an issue|skipped' "$cache/tests.log" | head -n 60 || true
if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
    tail -n 30 "$cache/tests.log"
    bad=1
fi
count $((all - bad - left)) "$bad" "$left"
echo "    $((all - bad - left)) passed, $bad failed, $left skipped"

counts="$(Scripts/kernel-sweep 2>&1)" || [[ "$(tail -n 1 <<< "$counts")" =~ ^[0-9]+\ [0-9]+\ [0-9]+$ ]] ||
    counts="$counts"$'\n'"0 1 0"
sed '$d' <<< "$counts"
# shellcheck disable=SC2046
count $(tail -n 1 <<< "$counts")

say "apus serve, driven by tritonclient"
counts="$(Scripts/serve-clients "$bin/apus" 2>&1)" || [[ "$(tail -n 1 <<< "$counts")" =~ ^[0-9]+\ [0-9]+\ [0-9]+$ ]] ||
    counts="$counts"$'\n'"0 1 0"
sed '$d' <<< "$counts"
# shellcheck disable=SC2046
count $(tail -n 1 <<< "$counts")

say "apus compare MODEL --against onnxruntime, on every real model"
if [ $has_data = yes ] && [ -n "$APUS_ONNXRUNTIME_LIBRARY" ]; then
    counts="$(python3 Scripts/compare_models.py "$bin/apus" "$cache")" || counts="$counts"$'\n'"0 1 0"
    sed '$d' <<< "$counts"
    # shellcheck disable=SC2046
    count $(tail -n 1 <<< "$counts")
else
    echo "    skipped: no models or no ONNX Runtime"
    count 0 0 1
fi

# Runs a set of cases: conformance NAME LEAST FOLDERS AND OPTIONS ...
# With listed=listed, skipped cases are neither printed nor counted: their file is the list.
listed=
conformance() {
    local name="$1" least="$2"
    shift 2
    say "conformance: $name"
    local board="$cache/board.json"
    "$bin/apus" conformance "$@" --least "$least" --brief --json > "$board" || true
    local counts
    counts="$(python3 Scripts/count_cases.py "$board" "$least" $listed)" || { cat "$board" | head -n 20; }
    sed '$d' <<< "$counts"
    # shellcheck disable=SC2046
    count $(tail -n 1 <<< "$counts")
}

sets=()
for isa in scalar avx2 avx512 avx512vnni avx512bf16 neon neondot; do
    reply="$("$bin/apus" conformance /nonexistent --isa "$isa" 2>&1 || true)"
    if [[ "$reply" == *"this machine has no"* ]]; then continue; fi
    sets+=(--isa "$isa")
done
if [ $has_data = yes ]; then
    data="$packages/onnx/backend/test/data"
    skips="Tests/Conformance/skips"
    old="$cache/conformance/1.17.0/node"
    conformance "node cases of onnx 1.23.2" 1850 "$nodes/node" --skips "$skips-1.23.2.txt" "${sets[@]}"
    conformance "node cases of onnx 1.17.0" 1260 "$old" --skips "$skips-1.17.0.txt" "${sets[@]}"
    conformance "simple" 26 "$nodes/simple" --skips "$skips-1.23.2.txt" "${sets[@]}"
    conformance "pytorch-converted" 82 "$data/pytorch-converted" "${sets[@]}"
    conformance "pytorch-operator" 35 "$data/pytorch-operator" "${sets[@]}"
    [ -d "$nodes/light" ] || python3 Scripts/light_cases.py "$data/light" "$nodes/light"
    conformance "light networks" 9 "$nodes/light" "${sets[@]}"
    oracle="$cache/conformance/oracle"
    if [ ! -d "$oracle" ]; then
        echo "    installing scikit-learn 1.9.1 and skl2onnx 1.20.0 into .cache/python"
        python3 -m pip install --quiet --disable-pip-version-check --target "$cache/python/sklearn" \
            --only-binary=:all: scikit-learn==1.9.1 skl2onnx==1.20.0 > "$cache/pip.log" 2>&1 &&
            PYTHONPATH="$packages:$cache/python/sklearn" Scripts/make-oracle-cases "$oracle.part" \
                > "$cache/oracle.log" 2>&1 && mv "$oracle.part" "$oracle" || true
    fi
    if [ -d "$oracle" ]; then
        conformance "com.microsoft and ai.onnx.ml, by ONNX Runtime" 350 "$oracle" "${sets[@]}"
    else
        tail -n 5 "$cache/pip.log" "$cache/oracle.log" 2> /dev/null || true
        echo "    skipped: the cases of com.microsoft and ai.onnx.ml could not be made"
        count 0 0 1
    fi
    if [ -n "$APUS_ONNXRUNTIME_LIBRARY" ]; then
        other=(--backend onnxruntime --stage imported --stage simplified)
        listed=listed
        refused="$skips-onnxruntime"
        conformance "node cases of onnx 1.23.2 on ONNX Runtime" 1700 "$nodes/node" \
            --skips "$refused-1.23.2.txt" "${other[@]}"
        conformance "node cases of onnx 1.17.0 on ONNX Runtime" 1200 "$old" \
            --skips "$refused-1.17.0.txt" "${other[@]}"
        conformance "simple on ONNX Runtime" 20 "$nodes/simple" --skips "$refused-1.23.2.txt" "${other[@]}"
        conformance "pytorch on ONNX Runtime" 80 "$data/pytorch-converted" "$data/pytorch-operator" \
            --skips "$refused-pytorch.txt" "${other[@]}"
        conformance "light networks on ONNX Runtime" 9 "$nodes/light" "${other[@]}"
        [ ! -d "$oracle" ] || conformance "com.microsoft and ai.onnx.ml on ONNX Runtime" 350 "$oracle" "${other[@]}"
    else
        echo "    skipped: no ONNX Runtime to run the cases on"
        count 0 0 1
    fi
else
    count 0 0 1
fi

echo
echo "finished in $(((SECONDS - start) / 60)) min $(((SECONDS - start) % 60)) s"
if [ "$failed" -eq 0 ]; then colour="$green"; else colour="$red"; fi
echo "${colour}$passed passed, $failed failed, $skipped skipped${plain}"
[ "$failed" -eq 0 ]
