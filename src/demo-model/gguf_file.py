"""Writes the demo model as GGUF: matrices in Q8_0, norms in F32."""

import json

import gguf
from gguf.quants import quantize

from shape import SHAPE
from tokens import CHAT_TEMPLATE, END, END_OF_TEXT, SPECIAL


def write(path, params, tokenizer):
    out = gguf.GGUFWriter(str(path), "llama")
    out.add_name("Quern demo")
    out.add_description("Answers questions about Quern, and nothing else.")
    out.add_license("Apache-2.0")
    out.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    out.add_quantization_version(gguf.GGML_QUANT_VERSION)
    # at higher temperatures such a small model mixes answers
    out.add_float32("general.sampling.temp", 0)
    add_shape(out)
    add_tokenizer(out, tokenizer)
    add_weights(out, params)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


def add_shape(out):
    out.add_vocab_size(SHAPE.vocabulary)
    out.add_context_length(SHAPE.context)
    out.add_embedding_length(SHAPE.width)
    out.add_block_count(SHAPE.layers)
    out.add_feed_forward_length(SHAPE.hidden)
    out.add_head_count(SHAPE.heads)
    out.add_head_count_kv(SHAPE.heads)
    out.add_rope_dimension_count(SHAPE.width // SHAPE.heads)
    out.add_rope_freq_base(SHAPE.rope_base)
    out.add_layer_norm_rms_eps(SHAPE.epsilon)


def add_tokenizer(out, tokenizer):
    numbers = tokenizer.get_vocab()
    names = sorted(numbers, key=numbers.get)
    kinds = [gguf.TokenType.CONTROL if name in SPECIAL else gguf.TokenType.NORMAL for name in names]
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    out.add_tokenizer_model("gpt2")
    out.add_tokenizer_pre("gpt-2")
    out.add_token_list(names)
    out.add_token_types(kinds)
    out.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in merges])
    out.add_bos_token_id(numbers[END_OF_TEXT])
    out.add_eos_token_id(numbers[END])
    out.add_pad_token_id(numbers[END_OF_TEXT])
    out.add_add_bos_token(False)
    out.add_chat_template(CHAT_TEMPLATE)


def add_weights(out, params):
    for name, value in params.items():
        parts = {name: value} if not isinstance(value, dict) else {f"{name}.{k}": v for k, v in value.items()}
        for tensor, data in parts.items():
            if data.ndim == 1:
                out.add_tensor(f"{tensor}.weight", data)
            else:
                kind = gguf.GGMLQuantizationType.Q8_0
                out.add_tensor(f"{tensor}.weight", quantize(data, kind), raw_dtype=kind)
