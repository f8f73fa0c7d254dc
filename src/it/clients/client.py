"""Checks the engine with OpenAI's client for Python: client.py BASE_URL MODEL. Prints a line per check."""

import sys
import traceback

import openai
from openai import OpenAI
from pydantic import BaseModel, Field

base, model = sys.argv[1], sys.argv[2]
client = OpenAI(base_url=base, api_key="none", max_retries=0, timeout=120)
ask = [{"role": "user", "content": "What is a fork server?"}]
failed = 0
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Returns the weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "maxLength": 12}, "celsius": {"type": "boolean"}},
            "required": ["city", "celsius"],
            "additionalProperties": False,
        },
        "strict": True,
    },
}


class Event(BaseModel):
    name: str = Field(max_length=12)
    day: int = Field(ge=1, le=31)
    open: bool


def check(function):
    global failed
    try:
        function()
        print("ok", function.__name__)
    except Exception as e:
        failed += 1
        print("FAILED", function.__name__, type(e).__name__, str(e)[:300])
        traceback.print_exc(limit=-2, file=sys.stdout)


def chat(**more):
    arguments = {"model": model, "messages": ask, "max_tokens": 12, "temperature": 0} | more
    return client.chat.completions.create(**arguments)


@check
def chat_and_stream_agree():
    whole = chat()
    text = "".join(c.choices[0].delta.content or "" for c in chat(stream=True))
    assert whole.choices[0].message.role == "assistant" and whole.choices[0].finish_reason == "length"
    assert text == whole.choices[0].message.content != ""
    assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens


@check
def metadata_is_accepted():
    chat(user="u", metadata={"a": "b"}, store=False, service_tier="auto", safety_identifier="s", prompt_cache_key="k")


@check
def several_choices():
    whole = chat(n=2, temperature=1, seed=5)
    assert [c.index for c in whole.choices] == [0, 1]
    texts = ["", ""]
    ends = [None, None]
    usage = None
    for chunk in chat(n=2, temperature=1, seed=5, stream=True, stream_options={"include_usage": True}):
        usage = chunk.usage or usage
        for c in chunk.choices:
            texts[c.index] += c.delta.content or ""
            ends[c.index] = c.finish_reason or ends[c.index]
    assert None not in ends, ends
    assert texts == [c.message.content for c in whole.choices], (texts, whole.choices)
    assert usage.completion_tokens == whole.usage.completion_tokens > 12


@check
def logprobs_of_chats():
    whole = chat(logprobs=True, top_logprobs=3)
    content = whole.choices[0].logprobs.content
    assert len(content) == whole.usage.completion_tokens
    assert "".join(t.token for t in content) == whole.choices[0].message.content
    assert all(len(t.top_logprobs) == 3 and t.logprob <= 0 and bytes(t.bytes) for t in content)
    assert content[0].top_logprobs[0].token == content[0].token
    streamed = [t for c in chat(logprobs=True, stream=True) for ch in c.choices if ch.logprobs for t in ch.logprobs.content]
    assert [t.token for t in streamed] == [t.token for t in content]


@check
def stop_seed_and_bias():
    text = chat().choices[0].message.content
    word = text.split()[1]
    stopped = chat(stop=[word]).choices[0]
    assert stopped.finish_reason == "stop" and word not in stopped.message.content
    assert chat(temperature=1, seed=7).choices[0].message.content == chat(temperature=1, seed=7).choices[0].message.content
    tokens = client.post(base.removesuffix("/v1") + "/tokenize", body={"prompt": "z"}, cast_to=object)["tokens"]
    biased = chat(logit_bias={str(tokens[-1]): 100}, max_tokens=3).choices[0].message.content
    assert biased == "zzz", biased


@check
def json_object_and_schema():
    import json

    json.loads(chat(response_format={"type": "json_object"}, max_tokens=None, temperature=0).choices[0].message.content)
    done = client.chat.completions.parse(
        model=model, messages=ask, response_format=Event, temperature=0, max_tokens=400
    )
    event = done.choices[0].message.parsed
    assert isinstance(event, Event), done
    with client.chat.completions.stream(
        model=model, messages=ask, response_format=Event, temperature=0, max_tokens=400
    ) as stream:
        for _ in stream:
            pass
        assert stream.get_final_completion().choices[0].message.parsed == event


@check
def tools_are_called_and_answered():
    import json

    whole = chat(tools=[WEATHER], tool_choice="required", max_tokens=400)
    choice = whole.choices[0]
    assert choice.finish_reason == "tool_calls", choice
    call = choice.message.tool_calls[0]
    assert call.type == "function" and call.function.name == "get_weather" and call.id
    assert json.loads(call.function.arguments).keys() == {"city", "celsius"}
    named = chat(
        tools=[WEATHER], tool_choice={"type": "function", "function": {"name": "get_weather"}}, max_tokens=400
    )
    assert named.choices[0].message.tool_calls[0].function.name == "get_weather"
    after = chat(
        tools=[WEATHER],
        tool_choice="none",
        messages=ask
        + [
            choice.message.model_dump(exclude_none=True),
            {"role": "tool", "tool_call_id": call.id, "content": '{"weather":"sunny"}'},
        ],
    )
    assert after.choices[0].message.content is not None and not after.choices[0].message.tool_calls


@check
def tool_calls_are_streamed():
    import json

    with client.chat.completions.stream(
        model=model, messages=ask, tools=[WEATHER], tool_choice="required", temperature=0, max_tokens=400
    ) as stream:
        events = [e.type for e in stream]
        final = stream.get_final_completion()
    assert "tool_calls.function.arguments.delta" in events and "tool_calls.function.arguments.done" in events
    call = final.choices[0].message.tool_calls[0]
    assert call.function.parsed_arguments.keys() == {"city", "celsius"}
    assert final.choices[0].finish_reason == "tool_calls"
    assert json.loads(call.function.arguments) == call.function.parsed_arguments


@check
def completions_echo_logprobs_and_lists():
    whole = client.completions.create(
        model=model, prompt=["One two", "Three"], max_tokens=4, temperature=0, echo=True, logprobs=2
    )
    assert [c.index for c in whole.choices] == [0, 1]
    assert whole.choices[0].text.startswith("One two") and whole.choices[1].text.startswith("Three")
    for choice in whole.choices:
        probabilities = choice.logprobs
        assert len(probabilities.tokens) == len(probabilities.token_logprobs) == len(probabilities.text_offset)
        assert probabilities.token_logprobs[0] is None and probabilities.token_logprobs[1] <= 0
        assert "".join(probabilities.tokens) == choice.text
    tokens = client.post(base.removesuffix("/v1") + "/tokenize", body={"prompt": "One two"}, cast_to=object)["tokens"]
    plain = client.completions.create(model=model, prompt=tokens, max_tokens=4, temperature=0)
    assert whole.choices[0].text == "One two" + plain.choices[0].text
    best = client.completions.create(model=model, prompt="One", max_tokens=4, n=1, best_of=2, seed=1)
    assert len(best.choices) == 1


@check
def models():
    assert client.models.list().data[0].id == model == client.models.retrieve(model).id


@check
def errors_are_typed():
    def raises(kind, **arguments):
        try:
            chat(**arguments)
        except kind as e:
            return e
        raise AssertionError(f"no {kind.__name__}")

    assert raises(openai.BadRequestError, temperature=9).param == "temperature"
    assert raises(openai.BadRequestError, messages=[]).param == "messages"
    assert raises(openai.NotFoundError, model="gpt-9").code == "model_not_found"
    assert raises(openai.BadRequestError, max_tokens=10**8).code == "context_length_exceeded"
    # an answer that takes much longer than that, also if the engine notices late
    long = dict(max_tokens=300, extra_body={"ignore_eos": True})
    assert raises(openai.APIStatusError, extra_headers={"X-Request-Timeout": "0.001"}, **long).status_code == 504


sys.exit(min(failed, 99))
