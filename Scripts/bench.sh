#!/bin/bash
# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

# Measures Apus against its peers and writes Documentation/benchmarks.md.
# ROWS, THREADS and PEERS choose, ROUNDS and TURN (seconds) say how long, FRESH=1 begins anew, PAGE=1 only writes the
# page, APUS names a release build to take.
. "$(dirname "$0")/common.sh"
export PYTHONDONTWRITEBYTECODE=1
bench="$cache/bench"
mkdir -p "$bench"

# Makes a virtual environment with packages of fixed versions; further arguments are packages without what they need.
environment() {
    local folder="$bench/$1" wanted="$2"
    shift 2
    [ "$(cat "$folder/installed" 2> /dev/null)" = "$wanted $*" ] && return
    echo "    installing $wanted $*"
    rm -rf "$folder"
    python3 -m venv "$folder" || return 1
    # shellcheck disable=SC2086
    "$folder/bin/pip" install --quiet --disable-pip-version-check --only-binary=:all: $wanted || return 1
    [ $# -eq 0 ] || "$folder/bin/pip" install --quiet --disable-pip-version-check --no-deps "$@" || return 1
    echo "$wanted $*" > "$folder/installed"
}

need_tools
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "the benchmark needs Python 3.11 or newer"
say "peers"
environment peers "numpy==2.4.6 onnx==1.23.2 onnxruntime==1.32.0 openvino==2026.4.1 MNN==3.6.1 ncnn==1.0.20261020 \
tract==0.23.9 ai-edge-litert==2.3.0" pnnx==20261020 || fail "cannot install the peers; is there a network?"
# LiteRT's converter wants packages of its own.
environment converter "onnx2tf==1.29.24" || echo "    LiteRT's converter is not there: LiteRT is left out"

if [ -n "${APUS:-}" ]; then
    apus="$APUS"
else
    need_packages
    build -c release --product apus
    apus="$(swift build -c release --show-bin-path)/apus"
fi
peak="$bench/peak"
clang -O2 -pthread -IBenchmarks/Sources/CMachinePeak/include Scripts/bench/peak.c Benchmarks/Sources/CMachinePeak/*.c \
    -o "$peak" || fail "cannot build the program that measures the machine"

say "measuring"
options=()
# shellcheck disable=SC2206
{
    [ -z "${ROWS:-}" ] || options+=(--rows $ROWS)
    [ -z "${PEERS:-}" ] || options+=(--peers $PEERS)
    [ -z "${THREADS:-}" ] || options+=(--threads $THREADS)
}
[ -z "${ROUNDS:-}" ] || options+=(--rounds "$ROUNDS")
[ -z "${TURN:-}" ] || options+=(--seconds "$TURN")
[ -z "${FRESH:-}" ] || options+=(--fresh)
[ -z "${PAGE:-}" ] || options+=(--only-page)
"$bench/peers/bin/python" Scripts/bench/bench.py --apus "$apus" --peak "$peak" --folder "$bench" "${options[@]}"
