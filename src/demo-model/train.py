"""Trains the demo model on the corpus in this folder and writes it as GGUF (see README.md)."""

import argparse
import json
import pickle
import random
import time
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import corpus
import gguf_file
from shape import SHAPE, forward, initial
from tokens import SPECIAL, Chat, train_tokenizer

SEED = 20261123
OFF_TOPIC = "off-topic"
OFF_TOPIC_WEIGHT = 14
LONG_EVERY = 8  # every eighth step has rows of the full context length; the others have short rows
SHORT = 128
LONG_ANSWER = 400  # characters; only long rows contain such answers whole


def blurred(chat, asked, rng):
    """Replaces a tenth of the tokens in three of ten questions, so that no answer depends on a single word."""
    if rng.random() < 0.7:
        return asked
    words = range(chat.before, len(asked) - chat.after)
    return [
        rng.randrange(len(SPECIAL), SHAPE.vocabulary) if at in words and rng.random() < 0.1 else token
        for at, token in enumerate(asked)
    ]


def row(chat, families, weights, refused, length, rng):
    """Returns a row of conversations: for each token its id, its conversation's number and the weight of its loss."""
    tokens, talk, weight, number = [], [], [], 0
    whole = length == SHAPE.context
    while len(tokens) <= length:
        family = rng.choices(families, weights)[0]
        question = family.ask(rng)
        if corpus.normal(question) in refused:
            continue
        asked, answer = blurred(chat, chat.question(question), rng), chat.answer(family.answer)
        # choosing the answer is the hard part, so most answers are cut soon after they begin
        cut = len(answer) > 20 and rng.random() < (0.0 if whole and len(family.answer) > LONG_ANSWER else 0.7)
        end = []
        if cut:
            # a next turn may follow, so the cut answer is closed; this end has no weight: the model must not learn it
            answer, end = answer[: rng.randint(6, 16)], chat.end
        tokens += asked + answer + end
        weight += [0.02] * len(asked) + [1.0] * len(answer) + [0.0] * len(end)
        talk += [number] * (len(asked) + len(answer) + len(end))
        number += rng.random() < 0.6
    return tokens[: length + 1], talk[: length + 1], weight[: length + 1]


def batch(chat, families, refused, length, rows, seed):
    rng = random.Random(seed)
    long_weight = 6 if length == SHAPE.context else 1
    weights = [
        OFF_TOPIC_WEIGHT if f.id == OFF_TOPIC else long_weight if len(f.answer) > LONG_ANSWER else 1 for f in families
    ]
    made = [row(chat, families, weights, refused, length, rng) for _ in range(rows)]
    return tuple(np.array(part) for part in zip(*made))


def loss_of(params, tokens, talk, weight):
    logits = forward(params, tokens[:, :-1], talk[:, :-1])
    target = tokens[:, 1:]
    counted = weight[:, 1:] * (talk[:, 1:] == talk[:, :-1])
    chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), target[..., None], -1)[..., 0]
    return -(chosen * counted).sum() / counted.sum()


@partial(jax.jit, donate_argnums=(0, 1, 2))
def step(params, first, second, number, rate, tokens, talk, weight):
    loss, grads = jax.value_and_grad(loss_of)(params, tokens, talk, weight)
    norm = jnp.sqrt(sum(jnp.sum(g * g) for g in jax.tree.leaves(grads)))
    grads = jax.tree.map(lambda g: g * jnp.minimum(1.0, 1.0 / norm), grads)
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, grads)
    second = jax.tree.map(lambda v, g: 0.98 * v + 0.02 * g * g, second, grads)

    def update(p, m, v):
        change = (m / (1 - 0.9**number)) / (jnp.sqrt(v / (1 - 0.98**number)) + 1e-8)
        return p - rate * (change + (0.05 * p if p.ndim > 1 else 0.0))

    return jax.tree.map(update, params, first, second), first, second, loss


def rate_at(number, steps, peak=2e-3, warmup=60):
    """Returns the learning rate: it rises linearly, stays at its peak, and falls linearly to 0 over the last half."""
    return peak * min(1.0, number / warmup, max(0.0, (steps - number + 1) / (0.5 * steps)))


def end_file(out, number):
    return out / f"end-{number}.pickle"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--out", type=Path, required=True, help="folder for the model, the loss and the checkpoint")
    arguments.add_argument(
        "--steps",
        type=lambda text: [int(end) for end in text.split(",")],
        default=[3000, 3800, 4300],
        help="steps at which the rate reaches 0, in rising order; the model is the mean of the parameters there",
    )
    arguments.add_argument("--tokens", type=int, default=2048, help="tokens per step")
    arguments.add_argument("--resume", action="store_true", help="continue from the checkpoint in --out")
    given = arguments.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)

    families = corpus.families()
    refused = corpus.check_held_out(families)
    tokenizer = train_tokenizer(families, SHAPE.vocabulary)
    chat = Chat(tokenizer)
    print(f"{len(families)} families, {sum(len(f.all_questions()) for f in families)} questions, {len(refused)} held out")
    longest = max(families, key=lambda f: len(chat.answer(f.answer)))
    print(f"longest answer: {longest.id}, {len(chat.answer(longest.answer))} tokens")

    params = initial(jax.random.PRNGKey(SEED))
    print(f"{sum(p.size for p in jax.tree.leaves(params))} parameters")
    first = jax.tree.map(jnp.zeros_like, params)
    second = jax.tree.map(jnp.zeros_like, params)
    start, checkpoint = 1, given.out / "checkpoint.pickle"
    if given.resume:
        start, params, first, second = pickle.loads(checkpoint.read_bytes())

    began, mean = time.monotonic(), None
    losses = given.out / "loss.json"
    history = [h for h in json.loads(losses.read_text()) if h["step"] < start] if given.resume else []
    before = history[-1]["seconds"] if history else 0
    for number in range(start, given.steps[-1] + 1):
        length = SHAPE.context if number % LONG_EVERY == 0 else SHORT
        made = batch(chat, families, refused, length, given.tokens // length, SEED * 1_000_003 + number)
        rate = rate_at(number, next(end for end in given.steps if end >= number))
        params, first, second, loss = step(params, first, second, float(number), rate, *made)
        loss = float(loss)
        mean = loss if mean is None else 0.95 * mean + 0.05 * loss
        if number % 20 == 0 or number in given.steps:
            spent = time.monotonic() - began
            speed = (number - start + 1) * given.tokens / spent
            print(f"step {number} loss {mean:.4f} rate {rate:.5f} {speed:.0f} tokens/s {spent:.0f} s", flush=True)
            history.append({"step": number, "loss": round(mean, 4), "seconds": before + round(spent)})
        if number % 100 == 0 or number in given.steps:
            kept = jax.tree.map(np.asarray, (params, first, second))
            checkpoint.write_bytes(pickle.dumps((number + 1, *kept)))
            losses.write_text(json.dumps(history))
            if number in given.steps:
                end_file(given.out, number).write_bytes(pickle.dumps(kept[0]))
    ends = [pickle.loads(end_file(given.out, end).read_bytes()) for end in given.steps]
    # the mean answers more questions correctly than any of the ends
    mean_params = jax.tree.map(lambda *parts: np.mean(np.stack(parts), axis=0), *ends)
    gguf_file.write(given.out / "demo.gguf", mean_params, tokenizer)
    print(f"wrote {given.out / 'demo.gguf'}: {(given.out / 'demo.gguf').stat().st_size} bytes")


if __name__ == "__main__":
    main()
