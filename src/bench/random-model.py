"""Writes a model with SmolLM2-135M's tokenizer and random weights in Q4_0: its speed is real, but its text is noise.

    python3 random-model.py [--shape=135M|1B] SMOLLM2.gguf OUT.gguf

135M is the shape of SmolLM2-135M. 1B is the shape of Llama-3.2-1B, with the vocabulary of SmolLM2.
"""

import argparse
from dataclasses import dataclass, field

import gguf
import numpy as np

SCALE = np.float16(0.004)  # of a block of 4-bit numbers, -8 to 7: weights of about 0.02, as in a new model


@dataclass(frozen=True)
class Shape:
    """How a model differs from SmolLM2-135M."""

    layers: int = 30
    dimensions: dict = field(default_factory=dict)  # SmolLM2's size of a tensor's dimension -> this model's
    fields: dict = field(default_factory=dict)


SHAPES = {
    "135M": Shape(),
    "1B": Shape(
        layers=16,
        dimensions={576: 2048, 1536: 8192, 192: 512},  # width, feed-forward, keys and values of all their heads
        fields={
            "general.name": "Random 1B",
            "general.size_label": "1B",
            "llama.block_count": 16,
            "llama.embedding_length": 2048,
            "llama.feed_forward_length": 8192,
            "llama.attention.head_count": 32,
            "llama.attention.head_count_kv": 8,
        },
    ),
}


def copy_fields(source, shape, out):
    for entry in source.fields.values():
        if entry.name.startswith("GGUF.") or entry.name in ("general.architecture", "general.file_type"):
            continue
        kind = entry.types[0]
        sub = entry.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        out.add_key_value(entry.name, shape.fields.get(entry.name, entry.contents()), kind, sub_type=sub)


def layer(tensor):
    """Returns the number of the tensor's layer, or -1 if it belongs to none."""
    parts = tensor.name.split(".")
    return int(parts[1]) if parts[0] == "blk" else -1


def random_blocks(shape, rng):
    """Returns rows of Q4_0: blocks of 32 weights, each with a half-precision scale and 16 bytes."""
    blocks = int(np.prod(shape)) // 32
    data = np.empty((blocks, 18), np.uint8)
    data[:, :2] = np.frombuffer(SCALE.tobytes(), np.uint8)
    data[:, 2:] = rng.integers(0, 256, (blocks, 16), np.uint8)
    return data.reshape(*shape[:-1], shape[-1] // 32 * 18)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--shape", choices=SHAPES, default="135M")
    arguments.add_argument("smollm2")
    arguments.add_argument("target")
    options = arguments.parse_args()
    model = SHAPES[options.shape]
    source = gguf.GGUFReader(options.smollm2)
    rng = np.random.default_rng(135)
    out = gguf.GGUFWriter(options.target, "llama")
    copy_fields(source, model, out)
    out.add_file_type(gguf.LlamaFileType.MOSTLY_Q4_0)
    for tensor in source.tensors:
        if layer(tensor) >= model.layers:
            continue
        shape = tuple(model.dimensions.get(int(n), int(n)) for n in reversed(tensor.shape))
        if len(shape) == 1:
            out.add_tensor(tensor.name, np.ones(shape, np.float32))
        else:
            out.add_tensor(tensor.name, random_blocks(shape, rng), raw_dtype=gguf.GGMLQuantizationType.Q4_0)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


if __name__ == "__main__":
    main()
