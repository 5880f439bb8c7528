# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Reads the weights of a PyTorch state dictionary with nothing but Python's own library.

Only the classes that tensors are made of may be named by the file; anything else is refused, so that reading one
runs no code of its author.
"""

import collections
import io
import pickle
import struct
import zipfile

WIDTHS = {"FloatStorage": 4, "LongStorage": 8, "HalfStorage": 2, "DoubleStorage": 8, "IntStorage": 4}


class Tensor:
    """Shape and little-endian bytes, in row-major order."""

    def __init__(self, width, shape, data):
        self.width, self.shape, self.data = width, list(shape), data


class Pending:
    """A tensor whose storage may come later in the file."""

    def __init__(self, key, width, offset, shape, strides):
        self.key, self.width, self.offset, self.shape, self.strides = key, width, offset, shape, strides

    def cut(self, storages):
        """The elements in row-major order, whichever order the storage has them in."""
        storage, width = storages[self.key], self.width
        offsets = [self.offset]
        for size, stride in zip(self.shape, self.strides):
            offsets = [offset + stride * index for offset in offsets for index in range(size)]
        if offsets and not 0 <= min(offsets) <= max(offsets) < len(storage) // width:
            raise ValueError("a tensor reaches past its storage")
        if offsets == list(range(self.offset, self.offset + len(offsets))):
            data = storage[self.offset * width : (self.offset + len(offsets)) * width]
        else:
            data = b"".join(storage[offset * width : (offset + 1) * width] for offset in offsets)
        return Tensor(width, self.shape, data)


class Reader(pickle.Unpickler):
    """Unpickles tensors and dictionaries, and refuses the rest."""

    widths = {}

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if module == "torch._utils" and name in ("_rebuild_tensor", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *rest: Pending(*storage, offset, shape, strides)
        if module == "torch._utils" and name == "_rebuild_parameter":
            return lambda tensor, *rest: tensor
        if module == "torch" and name in WIDTHS:
            return name
        raise pickle.UnpicklingError(f"the file asks for {module}.{name}, which is no tensor")

    def persistent_load(self, identity):
        _, kind, key = identity[:3]
        self.widths[key] = WIDTHS[kind]
        return key, WIDTHS[kind]


def read(path):
    """The tensors of a file by name, in either of PyTorch's two file formats."""
    with open(path, "rb") as file:
        if zipfile.is_zipfile(path):
            tensors, storages = read_archive(path)
        else:
            tensors, storages = read_stream(file)
    return {name: one.cut(storages) for name, one in tensors.items() if isinstance(one, Pending)}


def read_archive(path):
    """The format since PyTorch 1.6: a ZIP archive with one entry for each storage."""
    with zipfile.ZipFile(path) as archive:
        index = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
        root = index[: -len("data.pkl")]
        reader = Reader(io.BytesIO(archive.read(index)))
        tensors = reader.load()
        return tensors, {key: archive.read(f"{root}data/{key}") for key in reader.widths}


def read_stream(file):
    """The format before it: pickles one after the other, then the storages with their lengths."""
    for _ in range(3):
        Reader(file).load()
    reader = Reader(file)
    tensors = reader.load()
    storages = {}
    for key in Reader(file).load():
        (count,) = struct.unpack("<q", file.read(8))
        storages[key] = file.read(count * reader.widths[key])
    return tensors, storages
