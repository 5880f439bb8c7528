#!/bin/bash
# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

# Classifies photos with EfficientNet-Lite0; nothing but Swift runs the network.
. "$(dirname "$0")/common.sh"
need_tools
need_packages
python3 Scripts/fetch.py demo || fail "fetching the model and the photos"
model="$cache/demo/efficientnet-lite0.onnx"
if [ ! -f "$model" ]; then
    say "writing the published weights as ONNX"
    python3 Scripts/efficientnet_lite0.py "$cache/demo/efficientnet-lite0.pth" "$model.part"
    python3 Scripts/labels.py "$cache/demo/classes.json" "$cache/demo/imagenet.txt"
    cp Scripts/efficientnet-lite0.recipe.json "$cache/demo/"
    mv "$model.part" "$model"
fi
# Without the server, whose network libraries take minutes.
build -c release --product apus --disable-default-traits
apus="$(swift build -c release --show-bin-path)/apus"
for photo in chelsea.png coffee.png rocket.jpg; do
    echo
    say "apus run efficientnet-lite0.onnx --image $photo"
    "$apus" run "$model" --image "$cache/demo/$photo" --top 5
done
echo
say "apus bench efficientnet-lite0.onnx --size N=1 --seconds 2"
"$apus" bench "$model" --size N=1 --seconds 2
best=$("$apus" run "$model" --image "$cache/demo/chelsea.png" --top 3 --json)
grep -qE 'tabby|tiger cat|Egyptian cat' <<< "$best" || fail "the cat was not recognised"
echo
echo "${green}The demo works: the cat is a cat.${plain} Try your own photo:"
echo "    $apus run $model --image PHOTO.jpg"
