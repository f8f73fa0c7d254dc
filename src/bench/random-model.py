"""Writes a model of SmolLM2-135M's shape and tokenizer with random weights in Q4_0: its speed is real, its text is noise.

    python3 random-model.py SMOLLM2.gguf OUT.gguf
"""

import sys

import gguf
import numpy as np

SCALE = np.float16(0.004)  # of a block's 4-bit numbers, -8 to 7: weights of about 0.02, as freshly initialised ones


def copy_fields(source, out):
    for field in source.fields.values():
        if field.name.startswith("GGUF.") or field.name in ("general.architecture", "general.file_type"):
            continue
        kind = field.types[0]
        sub = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        out.add_key_value(field.name, field.contents(), kind, sub_type=sub)


def random_blocks(shape, rng):
    """Rows of Q4_0: blocks of 32 weights, each a half-precision scale and 16 bytes."""
    blocks = int(np.prod(shape)) // 32
    data = np.empty((blocks, 18), np.uint8)
    data[:, :2] = np.frombuffer(SCALE.tobytes(), np.uint8)
    data[:, 2:] = rng.integers(0, 256, (blocks, 16), np.uint8)
    return data.reshape(*shape[:-1], shape[-1] // 32 * 18)


def main():
    source, target = gguf.GGUFReader(sys.argv[1]), sys.argv[2]
    rng = np.random.default_rng(135)
    out = gguf.GGUFWriter(target, "llama")
    copy_fields(source, out)
    out.add_file_type(gguf.LlamaFileType.MOSTLY_Q4_0)
    for tensor in source.tensors:
        shape = tuple(int(n) for n in reversed(tensor.shape))
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
