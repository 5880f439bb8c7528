#!/bin/bash
# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

# Read by the other scripts: where things are, how they speak, what they need.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cache="$PWD/.cache"
mkdir -p "$cache"

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    bold=$'\033[1m' red=$'\033[31m' green=$'\033[32m' plain=$'\033[0m'
else
    bold= red= green= plain=
fi

say() { echo "${bold}==> $*${plain}"; }

fail() {
    echo "${red}failed: $*${plain}" >&2
    exit 1
}

# Installs Debian packages that are missing; others may bring the libraries themselves.
need_packages() {
    local missing=() pair
    for pair in jpeglib.h:libjpeg62-turbo-dev png.h:libpng-dev zlib.h:zlib1g-dev zstd.h:libzstd-dev \
        webp/decode.h:libwebp-dev; do
        printf '#include <stddef.h>\n#include <stdio.h>\n#include <%s>\n' "${pair%%:*}" |
            clang -E -x c - > /dev/null 2>&1 || missing+=("${pair##*:}")
    done
    # OpenJPEG's headers lie in a folder that only pkg-config's file names.
    compgen -G '/usr/include/openjpeg-*/openjpeg.h' > /dev/null || pkg-config --exists libopenjp2 2> /dev/null ||
        missing+=(libopenjp2-7-dev)
    command -v pkg-config > /dev/null || missing+=(pkg-config)
    command -v python3 > /dev/null || missing+=(python3)
    python3 -c 'import pip' 2> /dev/null || missing+=(python3-pip)
    [ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
}

install_packages() {
    command -v apt-get > /dev/null || fail "no apt-get here: install $* yourself"
    local root=() names=("$@")
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo > /dev/null || fail "need root to install $*"
        root=(sudo)
    fi
    say "installing $*"
    "${root[@]}" apt-get update -qq || fail "apt-get update; is there a network?"
    # Debian calls it libjpeg62-turbo-dev, Ubuntu libjpeg-turbo8-dev; both provide libjpeg-dev.
    apt-cache show libjpeg62-turbo-dev > /dev/null 2>&1 || names=("${names[@]/libjpeg62-turbo-dev/libjpeg-dev}")
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${names[@]}" \
        > "$cache/apt.log" 2>&1 || fail "apt-get install $*; see .cache/apt.log"
}

need_tools() {
    local tool version
    for tool in swift clang git; do
        command -v "$tool" > /dev/null || fail "$tool is not there; Swift 6.3 and git are needed"
    done
    version="$(swift --version 2>&1)" || fail "swift does not start: $(head -1 <<< "$version")"
    grep -qE 'Swift version (6\.[3-9]|6\.[1-9][0-9]|[7-9])' <<< "$version" ||
        fail "Swift 6.3 or newer is needed, here is: $(head -1 <<< "$version")"
}

# Fetches sets of Scripts/fetch.py and writes the node cases of onnx; false where there is no network for it.
need_cases() {
    packages="$cache/python/onnx-1.23.2"
    if [ ! -d "$packages/onnx" ]; then
        echo "    installing onnx 1.23.2 and onnxruntime 1.32.0 into .cache/python"
        rm -rf "$packages.part"
        python3 -m pip install --quiet --disable-pip-version-check --target "$packages.part" --only-binary=:all: \
            numpy onnx==1.23.2 onnxruntime==1.32.0 || return 1
        mv "$packages.part" "$packages" || return 1
    fi
    export PYTHONPATH="$packages"
    python3 Scripts/fetch.py "$@" || return 1
    nodes="$cache/conformance/1.23.2"
    [ ! -d "$nodes" ] || return 0
    echo "    writing the cases of onnx 1.23.2"
    rm -rf "$nodes.part"
    mkdir -p "$nodes.part"
    python3 Scripts/node_cases.py "$nodes.part" > "$cache/cases.log" 2>&1 || return 1
    mv "$nodes.part" "$nodes"
}

# Runs a build quietly, with its last line as progress on a terminal; shows everything when it fails.
build() {
    local log="$cache/build.log" start=$SECONDS
    say "building: swift build $*"
    if [ -t 1 ]; then
        swift build "$@" 2>&1 | tee "$log" | while IFS= read -r line; do
            printf '\r\033[K%s' "${line:0:100}"
        done || { printf '\n'; build_failed "$log"; }
        printf '\r\033[K'
    else
        swift build "$@" > "$log" 2>&1 || build_failed "$log"
    fi
    echo "    built in $((SECONDS - start)) s"
}

build_failed() {
    tail -n 100 "$1"
    ! grep -qE 'Git command|Failed to clone|unable to access' "$1" ||
        fail "fetching Swift packages from github.com; is there a network?"
    fail "the build"
}
