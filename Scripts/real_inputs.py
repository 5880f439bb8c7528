# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Photos, text and sound of the fetched packages as the models take them."""

import csv
import json
import unicodedata
import wave

import numpy
from PIL import Image

PHOTOS = ["chelsea.png", "coffee.png", "rocket.jpg", "astronaut.png", "china.jpg", "flower.jpg"]
FURTHER_PHOTOS = ["camera.png", "retina.jpg", "hubble_deep_field.jpg", "motorcycle_left.png"]

SENTENCES = [
    "The swift spends almost its whole life in the air.",
    "Common swifts sleep on the wing.",
    "How do I install a compiler on Debian?",
    "Pierre Simon de Laplace wrote about probability in 1812, didn't he?",
]
# Lines of page.png as (left, top, right, bottom).
LINES = [(2, 10, 298, 35), (2, 48, 380, 64), (2, 65, 380, 83), (2, 84, 380, 101)]
ARABIC_NAMES = ["محمد", "فاطمة", "زيتوني", "حبيبة", "عبد الرحمن", "خديجة", "يوسف", "بن علي"]
PERSIAN_NAMES = ["شيرين", "فرهاد", "رستم", "آناهيتا", "پرويز", "كيوان"]
FRENCH_WORDS = ["mangeons", "chevaux", "allèrent", "belles", "finissait", "yeux", "œuvres", "connaîtrais"]
FRENCH_FORMS = [
    "L:manger|W:VERB|P:FST_PL|M:INDI|T:PRES", "L:chat|W:NOUN|P:THD_PLF|M:ALL|T:ALL",
    "L:beau|W:ADJE|P:THD_F|M:ALL|T:ALL", "L:finir|W:VERB|P:THD_PLM|M:INDI|T:PRES",
]


class Inputs:
    """Arrays made of the files of one folder."""

    def __init__(self, folder):
        self.folder = folder

    def picture(self, name):
        return Image.open(self.folder / name).convert("RGB")

    def photo(self, name, side=224):
        """(RGB - 127) / 128 of the middle, f32[3, side, side]."""
        picture = self.picture(name)
        scale = side / min(picture.size)
        picture = picture.resize([max(side, round(edge * scale)) for edge in picture.size], Image.Resampling.BICUBIC)
        left, top = [(edge - side) // 2 for edge in picture.size]
        pixels = numpy.asarray(picture.crop((left, top, left + side, top + side)), numpy.float32)
        return ((pixels - 127) / 128).transpose(2, 0, 1)

    def photos(self, names):
        return numpy.stack([self.photo(name) for name in names])

    def page(self, size, box=None):
        """BGR from -1 to 1 of the page or a part of it, f32[1, 3, height, width]."""
        picture = self.picture("page.png")
        picture = picture.crop(box) if box else picture
        pixels = numpy.asarray(picture.resize(size, Image.Resampling.BILINEAR), numpy.float32)[:, :, ::-1]
        return ((pixels / 255 - 0.5) / 0.5).transpose(2, 0, 1)[None].copy()

    def lines(self, width):
        """The lines of the page, 48 pixels high, at the left of a row of that width."""
        rows = []
        for box in LINES:
            natural = min(width, -(-48 * (box[2] - box[0]) // (box[3] - box[1])))
            row = self.page((natural, 48), box)
            rows.append(numpy.pad(row, ((0, 0), (0, 0), (0, 0), (0, width - natural))))
        return numpy.concatenate(rows)

    def file_bytes(self, path):
        """The first and last 1024 bytes without the white space around them, each filled with 256, i32[2048]."""
        contents = path.read_bytes()
        first, last = contents[:4096].lstrip()[:1024], contents[-4096:].rstrip()[-1024:]
        ends = [256] * (1024 - len(last)) + list(last)
        return numpy.array(list(first) + [256] * (1024 - len(first)) + ends, numpy.int32)

    def sound(self, name):
        """Samples from -1 to 1 of a recording of one channel."""
        with wave.open(str(self.folder / name)) as file:
            assert file.getnchannels() == 1 and file.getsampwidth() == 2, name
            samples = numpy.frombuffer(file.readframes(file.getnframes()), "<i2")
        return samples.astype(numpy.float32) / 32768

    def frames(self, name, size, context, limit=None):
        """The recording in frames, each after the end of the one before it, f32[T, context + size]."""
        samples = self.sound(name)
        count = min(len(samples) // size, limit or len(samples))
        samples = numpy.concatenate([numpy.zeros(context, numpy.float32), samples])
        return numpy.stack([samples[start * size : start * size + context + size] for start in range(count)])

    def iris(self):
        """Sepal length and width of one flower of each kind, f32[3, 2]."""
        with open(self.folder / "iris.csv", encoding="utf-8") as file:
            rows = list(csv.reader(file))[1:]
        return numpy.array([rows[index][:2] for index in (0, 70, 140)], numpy.float32)

    def sentences(self, texts):
        """What a sentence model takes: input_ids, attention_mask and token_type_ids, each i64[B, S]."""
        with open(self.folder / "minilm.txt", encoding="utf-8") as file:
            vocabulary = {line.rstrip("\n"): index for index, line in enumerate(file)}
        rows = [word_pieces(text, vocabulary)[:256] for text in texts]
        ids, is_padding = padded(rows, 0)
        return {"input_ids": ids, "attention_mask": (~is_padding).astype(numpy.int64),
                "token_type_ids": numpy.zeros_like(ids)}

    def tokens(self, name):
        """The tokens of a vocabulary by text."""
        with open(self.folder / f"{name}.json", encoding="utf-8") as file:
            contents = json.load(file)
        return {token: index for index, token in enumerate(contents.get("tokens") or contents["itos"])}

    def characters(self, name, texts, prefix=()):
        """Texts as rows of tokens, each with the prefix before it and the end token behind it."""
        tokens = self.tokens(name)
        end, unknown = tokens.get("<EOS>", tokens.get("<eos>")), 3
        rows = [[tokens[one] for one in prefix] + [tokens.get(one, unknown) for one in text] + [end] for text in texts]
        return padded(rows, 0)


def padded(rows, filler):
    """Rows of one length as i64[N, S], and where they are filled."""
    width = max(len(row) for row in rows)
    ids = numpy.array([row + [filler] * (width - len(row)) for row in rows], numpy.int64)
    return ids, numpy.array([[index >= len(row) for index in range(width)] for row in rows])


def words(text):
    """Lower-case words without accents; punctuation stands alone."""
    plain = "".join(one for one in unicodedata.normalize("NFD", text.lower()) if unicodedata.category(one) != "Mn")
    spaced = "".join(one if one.isalnum() or one.isspace() else f" {one} " for one in plain)
    return spaced.split()


def word_pieces(text, vocabulary):
    """Each word as the longest pieces the vocabulary has, between [CLS] and [SEP]."""
    ids = [vocabulary["[CLS]"]]
    for word in words(text):
        start, pieces = 0, []
        while start < len(word):
            end = len(word)
            while end > start and ("##" if start else "") + word[start:end] not in vocabulary:
                end -= 1
            if end == start:
                pieces = [vocabulary["[UNK]"]]
                break
            pieces.append(vocabulary[("##" if start else "") + word[start:end]])
            start = end
        ids += pieces
    return ids + [vocabulary["[SEP]"]]
