"""The demo model's tokenizer (byte-level BPE like GPT-2's) and its chat format."""

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

END_OF_TEXT, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
SPECIAL = [END_OF_TEXT, START, END]

# The format that `Chat` writes. It leaves system messages out, because the model cannot follow them.
CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{%- if message['role'] == 'user' or message['role'] == 'assistant' -%}"
    "{{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' -}}"
    "{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}"
)


def train_tokenizer(families, size):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=SPECIAL,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    texts = ["user\n", "assistant\n"]
    for family in families:
        texts += [family.answer] * 4
        # at most some 60 questions of a family, so that a large family does not take most of the vocabulary
        questions = family.all_questions()
        for question in questions[:: max(1, len(questions) // 60)]:
            texts += [question, question[0].upper() + question[1:], " " + question.lower()]
    tokenizer.train_from_iterator(texts, trainer)
    if tokenizer.get_vocab_size() != size:
        raise ValueError(f"the corpus gives {tokenizer.get_vocab_size()} tokens, not {size}")
    return tokenizer


class Chat:
    """Turns questions and answers into lists of tokens."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self.answers = {}
        self.end = tokenizer.encode(f"{END}\n").ids
        # the numbers of tokens before and after the words of a question
        self.before = len(tokenizer.encode(f"{START}user\n").ids)
        self.after = len(tokenizer.encode(f"{END}\n{START}assistant\n").ids)

    def question(self, text):
        return self.tokenizer.encode(f"{START}user\n{text}{END}\n{START}assistant\n").ids

    def answer(self, text):
        if text not in self.answers:
            self.answers[text] = self.tokenizer.encode(f"{text}{END}\n").ids
        return self.answers[text]
