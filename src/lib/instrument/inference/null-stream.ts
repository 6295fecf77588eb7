/** Events of one answer of the null server. */
export const NULL_STREAM_EVENTS = 128

/** What a server that does nothing streams, event by event: the head comes with the first, what ends it with the last. */
export function nullStream(): Buffer[] {
  const event = (choices: string, tokens: number) =>
    `data: {"id":"chatcmpl-0123456789abcdef","object":"chat.completion.chunk","created":1795453104,"model":"null","choices":[${choices}],"usage":{"prompt_tokens":8,"total_tokens":${8 + tokens},"completion_tokens":${tokens},"completion_tokens_details":null}}\n\n`
  const choice = (text: string, finish: string) =>
    `{"index":0,"delta":{"content":"${text}"},"logprobs":null,"finish_reason":${finish},"token_ids":null}`
  const events = Array.from({ length: NULL_STREAM_EVENTS }, (_, i) =>
    event(choice(' word', i + 1 < NULL_STREAM_EVENTS ? 'null' : '"length"'), i + 1),
  )
  const head =
    'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'
  const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
  const tail = chunk(event('', NULL_STREAM_EVENTS)) + chunk('data: [DONE]\n\n') + '0\r\n\r\n'
  return events.map((text, i) =>
    Buffer.from((i === 0 ? head : '') + chunk(text) + (i === events.length - 1 ? tail : '')),
  )
}
