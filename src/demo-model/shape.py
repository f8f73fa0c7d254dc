"""The demo model's shape and forward pass: the llama architecture as llama.cpp computes it."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp


@dataclass(frozen=True)
class Shape:
    vocabulary: int = 1536
    width: int = 256
    layers: int = 4
    heads: int = 4
    hidden: int = 512
    context: int = 1024
    rope_base: float = 10000.0
    epsilon: float = 1e-5


SHAPE = Shape()


def initial(key):
    def matrix(*size, scale):
        nonlocal key
        key, used = jax.random.split(key)
        return jax.random.normal(used, size, jnp.float32) * scale

    wide, hidden, deep = SHAPE.width, SHAPE.hidden, (2 * SHAPE.layers) ** -0.5
    params = {
        "token_embd": matrix(SHAPE.vocabulary, wide, scale=0.05),
        "output_norm": jnp.ones(wide),
    }
    for layer in range(SHAPE.layers):
        params[f"blk.{layer}"] = {
            "attn_norm": jnp.ones(wide),
            "attn_q": matrix(wide, wide, scale=wide**-0.5),
            "attn_k": matrix(wide, wide, scale=wide**-0.5),
            "attn_v": matrix(wide, wide, scale=wide**-0.5),
            "attn_output": matrix(wide, wide, scale=deep * wide**-0.5),
            "ffn_norm": jnp.ones(wide),
            "ffn_gate": matrix(hidden, wide, scale=wide**-0.5),
            "ffn_up": matrix(hidden, wide, scale=wide**-0.5),
            "ffn_down": matrix(wide, hidden, scale=deep * hidden**-0.5),
        }
    return params


def norm(x, weight):
    return x * jax.lax.rsqrt((x * x).mean(-1, keepdims=True) + SHAPE.epsilon) * weight


def rotate(x):
    """Applies rotary positions to neighbouring pairs, the order in which llama.cpp computes this architecture."""
    length, head = x.shape[1], x.shape[-1]
    angle = jnp.arange(length)[:, None] * SHAPE.rope_base ** (-jnp.arange(0, head, 2) / head)
    cos, sin = jnp.cos(angle)[None, :, None, :], jnp.sin(angle)[None, :, None, :]
    even, odd = x[..., 0::2], x[..., 1::2]
    return jnp.stack([even * cos - odd * sin, even * sin + odd * cos], -1).reshape(x.shape)


def forward(params, tokens, talk):
    """Returns the logits of the next token. A token sees the earlier tokens of its own conversation."""
    rows, length = tokens.shape
    head = SHAPE.width // SHAPE.heads
    sees = jnp.tril(jnp.ones((length, length), bool))[None] & (talk[:, :, None] == talk[:, None, :])
    x = params["token_embd"][tokens]
    for layer in range(SHAPE.layers):
        p = params[f"blk.{layer}"]
        h = norm(x, p["attn_norm"])
        q, k, v = ((h @ p[n].T).reshape(rows, length, SHAPE.heads, head) for n in ("attn_q", "attn_k", "attn_v"))
        score = jnp.einsum("bqhd,bkhd->bhqk", rotate(q), rotate(k)) * head**-0.5
        mixed = jax.nn.softmax(jnp.where(sees[:, None], score, -1e9), -1)
        x = x + jnp.einsum("bhqk,bkhd->bqhd", mixed, v).reshape(rows, length, -1) @ p["attn_output"].T
        h = norm(x, p["ffn_norm"])
        x = x + (jax.nn.silu(h @ p["ffn_gate"].T) * (h @ p["ffn_up"].T)) @ p["ffn_down"].T
    return norm(x, params["output_norm"]) @ params["token_embd"].T
