"""The demo model's tokenizer (byte-level BPE, as GPT-2's) and its chat form."""

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

END_OF_TEXT, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
SPECIAL = [END_OF_TEXT, START, END]

# The form of `Chat` below; instructions (system messages) are left out: the model would make nothing of them.
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
        # a family's many questions must not take the vocabulary from the others
        questions = family.all_questions()
        for question in questions[:: max(1, len(questions) // 60)]:
            texts += [question, question[0].upper() + question[1:], " " + question.lower()]
    tokenizer.train_from_iterator(texts, trainer)
    if tokenizer.get_vocab_size() != size:
        raise ValueError(f"the corpus gives {tokenizer.get_vocab_size()} tokens, not {size}")
    return tokenizer


class Chat:
    """Questions and answers as token lists."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self.answers = {}
        self.end = tokenizer.encode(f"{END}\n").ids
        # tokens of a question's form around its words
        self.before = len(tokenizer.encode(f"{START}user\n").ids)
        self.behind = len(tokenizer.encode(f"{END}\n{START}assistant\n").ids)

    def question(self, text):
        return self.tokenizer.encode(f"{START}user\n{text}{END}\n{START}assistant\n").ids

    def answer(self, text):
        if text not in self.answers:
            self.answers[text] = self.tokenizer.encode(f"{text}{END}\n").ids
        return self.answers[text]
