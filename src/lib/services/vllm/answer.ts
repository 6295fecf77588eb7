import type OpenAI from 'openai'
import { UnreachableError } from '../../platform/errors.js'
import { systemHttp } from '../../platform/http.js'
import type { Asker } from '../../jobs/contract.js'
import { readTokenFile } from '../../platform/token-file.js'
import type { ChatReport, ModelsReport } from './reports.js'
import { plainError } from './answer-errors.js'
import type { ClientCall } from './client-call.js'

/** The functional path, by the package that most programs of our users speak through; load never goes this way. */

const TIMEOUT_MS = 600_000

/** @throws UsageError, EnvironmentError or UnreachableError in words of ours */
export async function answer(
  question: ClientCall,
  { write, signal }: Asker,
): Promise<ChatReport | ModelsReport> {
  const token = question.tokenFile === null ? null : await readTokenFile(question.tokenFile)
  const client = await clientOf(question.url, token)
  try {
    return question.kind === 'chat'
      ? await chat(client, question, { write, signal })
      : await models(client, question, token, signal)
  } catch (error) {
    signal.throwIfAborted()
    throw plainError(error, question.url)
  }
}

/** What the package reads from variables of its own is not for a server of ours. */
async function clientOf(url: string, token: string | null): Promise<OpenAI> {
  const { OpenAI } = await import('openai')
  return new OpenAI({
    baseURL: `${url}/v1`,
    apiKey: token ?? 'none',
    organization: null,
    project: null,
    maxRetries: 0,
    timeout: TIMEOUT_MS,
    logLevel: 'off',
  })
}

/** vLLM's fields that the package does not know. */
interface Delta {
  content?: string | null
  reasoning?: string | null
  reasoning_content?: string | null
  tool_calls?: unknown
}

/** TTFT is to the first text of any channel, the rate is of the tokens after it, as in the benchmark. */
async function chat(
  client: OpenAI,
  question: Extract<ClientCall, { kind: 'chat' }>,
  { write, signal }: Asker,
): Promise<ChatReport> {
  const { model, simulated, system, prompt, maxTokens } = question
  // Opens the connection and wakes the package up: a tenth of a second that is not the model's.
  await client.models.list({ signal })
  const startMs = performance.now()
  let [firstMs, lastMs]: [number | null, number] = [null, startMs]
  let [text, finishReason, served]: [string, string | null, string] = ['', null, model]
  let usage: { prompt_tokens: number; completion_tokens: number } | null = null
  const stream = await client.chat.completions.create(
    {
      model,
      messages: [
        ...(system === null ? [] : [{ role: 'system' as const, content: system }]),
        { role: 'user', content: prompt },
      ],
      max_tokens: maxTokens,
      stream: true,
      stream_options: { include_usage: true },
    },
    { signal },
  )
  for await (const event of stream) {
    const choice = event.choices[0]
    const delta = choice?.delta as Delta | undefined
    if (delta?.content || delta?.reasoning || delta?.reasoning_content || delta?.tool_calls) {
      lastMs = performance.now()
      firstMs ??= lastMs
    }
    if (delta?.content) {
      text += delta.content
      write(delta.content)
    }
    finishReason = choice?.finish_reason ?? finishReason
    served = event.model || served
    usage = event.usage ?? usage
  }
  signal.throwIfAborted()
  const outputTokens = usage?.completion_tokens ?? null
  const report: ChatReport = {
    model: served,
    simulated,
    text,
    finishReason,
    promptTokens: usage?.prompt_tokens ?? null,
    outputTokens,
    ttftMs: firstMs === null ? null : firstMs - startMs,
    totalMs: lastMs - startMs,
    tokensPerSecond: rateOf(outputTokens, firstMs, lastMs),
  }
  refuseBroken(report)
  return report
}

function rateOf(tokens: number | null, firstMs: number | null, lastMs: number): number | null {
  if (tokens === null || tokens < 2 || firstMs === null || lastMs <= firstMs) return null
  return ((tokens - 1) * 1000) / (lastMs - firstMs)
}

/** A stopping vLLM ends its streams in good order and says `abort`. */
function refuseBroken(report: ChatReport): void {
  const { finishReason, outputTokens, text } = report
  const why =
    (finishReason as string) === 'abort'
      ? 'The server stopped in the middle of its answer'
      : finishReason === null
        ? 'The answer ended before it was complete'
        : text === '' && !outputTokens
          ? 'The server answered with nothing'
          : null
  if (why !== null)
    throw new UnreachableError(why, {
      hints: ['aibench vllm check', 'aibench vllm logs'],
      data: report,
    })
}

async function models(
  client: OpenAI,
  { url, simulated }: ClientCall,
  token: string | null,
  signal: AbortSignal,
): Promise<ModelsReport> {
  const { data } = await client.models.list({ signal })
  return {
    url,
    simulated,
    version: await versionOf(url, token),
    models: data.map((model) => {
      const { id, root, max_model_len } = model as typeof model & {
        root?: string
        max_model_len?: number
      }
      return { id, root: root ?? null, maxModelLen: max_model_len ?? null }
    }),
  }
}

/** Of vLLM alone; null where nobody says it. */
async function versionOf(url: string, token: string | null): Promise<string | null> {
  try {
    const headers: Record<string, string> =
      token === null ? {} : { authorization: `Bearer ${token}` }
    const { status, body } = await systemHttp.call('GET', `${url}/version`, { headers })
    return status === 200 ? ((JSON.parse(body) as { version?: string }).version ?? null) : null
  } catch {
    return null
  }
}
