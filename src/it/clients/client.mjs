// Checks the engine with OpenAI's client for Node: client.mjs BASE_URL MODEL. Prints a line per check.
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';

const [base, model] = process.argv.slice(2);
const client = new OpenAI({ baseURL: base, apiKey: 'none', maxRetries: 0, timeout: 120_000 });
const messages = [{ role: 'user', content: 'What is a fork server?' }];
const plain = { model, messages, max_tokens: 12, temperature: 0 };
const Event = z.object({ name: z.string().max(12), day: z.number().int().min(1).max(31), open: z.boolean() });
const Weather = z.object({ city: z.string().max(12), celsius: z.boolean() });
let failed = 0;

async function check(name, body) {
  try {
    await body();
    console.log('ok', name);
  } catch (e) {
    failed++;
    console.log('FAILED', name, e?.stack?.slice(0, 500));
  }
}

await check('chat and stream agree', async () => {
  const whole = await client.chat.completions.create(plain);
  let text = '';
  for await (const chunk of await client.chat.completions.create({ ...plain, stream: true })) {
    text += chunk.choices[0]?.delta?.content ?? '';
  }
  assert.equal(text, whole.choices[0].message.content);
});

await check('several choices', async () => {
  const request = { ...plain, n: 2, seed: 5, temperature: 1 };
  const whole = await client.chat.completions.create(request);
  const stream = client.chat.completions.stream(request);
  const final = await stream.finalChatCompletion();
  assert.deepEqual(final.choices.map((c) => c.message.content), whole.choices.map((c) => c.message.content));
});

await check('log probabilities', async () => {
  const whole = await client.chat.completions.create({ ...plain, logprobs: true, top_logprobs: 2 });
  assert.equal(whole.choices[0].logprobs.content.length, whole.usage.completion_tokens);
});

await check('parsed structured output', async () => {
  const done = await client.chat.completions.parse({
    ...plain, max_tokens: 400, response_format: zodResponseFormat(Event, 'event'),
  });
  Event.parse(done.choices[0].message.parsed);
});

await check('tools, whole and streamed', async () => {
  const request = {
    ...plain, max_tokens: 400, tool_choice: 'required', tools: [zodFunction({ name: 'get_weather', parameters: Weather })],
  };
  const done = await client.chat.completions.parse(request);
  const call = done.choices[0].message.tool_calls[0];
  Weather.parse(call.function.parsed_arguments);
  const streamed = await client.chat.completions.stream(request).finalChatCompletion();
  assert.equal(streamed.choices[0].message.tool_calls[0].function.arguments, call.function.arguments);
  assert.equal(streamed.choices[0].finish_reason, 'tool_calls');
});

await check('tools are run', async () => {
  let asked = 0;
  const runner = client.chat.completions.runTools({
    ...plain,
    max_tokens: 400,
    tool_choice: { type: 'function', function: { name: 'get_weather' } },
    tools: [{
      type: 'function',
      function: {
        name: 'get_weather',
        parameters: z.toJSONSchema(Weather),
        parse: JSON.parse,
        function: (weather) => { asked++; Weather.parse(weather); return 'sunny'; },
      },
    }],
  });
  await runner.finalContent().catch(() => {});
  assert.equal(asked, 1);
});

await check('completions with echo and log probabilities', async () => {
  const whole = await client.completions.create({
    model, prompt: ['One two', 'Three'], max_tokens: 4, temperature: 0, echo: true, logprobs: 1,
  });
  assert.deepEqual(whole.choices.map((c) => c.index), [0, 1]);
  for (const choice of whole.choices) {
    assert.equal(choice.logprobs.tokens.join(''), choice.text);
  }
});

await check('models', async () => {
  assert.equal((await client.models.list()).data[0].id, model);
});

await check('typed errors', async () => {
  const refused = (more) => client.chat.completions.create({ ...plain, ...more }).then(() => null, (e) => e);
  const bad = await refused({ temperature: 9 });
  assert.ok(bad instanceof OpenAI.BadRequestError);
  assert.equal(bad.param, 'temperature');
  assert.ok((await refused({ model: 'gpt-9' })) instanceof OpenAI.NotFoundError);
});

process.exit(Math.min(failed, 99));
