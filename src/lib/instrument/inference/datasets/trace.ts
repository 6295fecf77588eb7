import { createHash } from 'node:crypto'
import { Rng } from '../../rng.js'
import { promptOfText } from './prompt.js'
import { WORDS_NOTE } from './random.js'
import { ofFixedLength, type Source, type SourceOptions } from './source.js'
import { checkVocabulary, randomIds } from './token-ids.js'
import { readTrace, type TraceRow } from './trace-rows.js'
import { randomWords } from './words.js'

/** Mooncake's: each hash id stands for so many tokens of a prompt, and for all that comes before them. */
const BLOCK_TOKENS = 512

/**
 * Replays times, lengths and sharing of a recorded load. Blocks of one hash id are the same tokens within a run and others in another,
 * by the salt; a prompt's rest without an id is its own. Gone through again, a trace goes on in time, and with blocks of their own.
 * On the chat endpoint a block is as many words.
 */
export async function traceSource(
  { path, vocabulary }: { path: string; vocabulary: number },
  { seed, endpoint, numPrompts }: SourceOptions,
): Promise<Source> {
  checkVocabulary(vocabulary)
  const { format, rows } = await readTrace(path, numPrompts)
  const lastMs = rows[rows.length - 1].atMs
  const periodMs = lastMs + lastMs / Math.max(1, rows.length - 1)

  return {
    name: `trace ${format} ${rows.length} requests`,
    size: rows.length,
    notes: endpoint === 'chat' ? [WORDS_NOTE] : [],
    contentHash: createHash('sha256').update(JSON.stringify(rows)).digest('hex'),
    item: (index, salt) => {
      const round = Math.floor(index / rows.length)
      const row = rows[index % rows.length]
      const parts = partsOf(row, index).map(({ stream, tokens }) => ({
        rng: new Rng(seed, `trace/${salt}/${round}/${stream}`),
        tokens,
      }))
      const atMs = row.atMs + round * periodMs
      if (endpoint === 'chat') {
        const text = parts.map(({ rng, tokens }) => randomWords(rng, tokens)).join(' ')
        return { ...ofFixedLength(promptOfText(text, endpoint), null, row.outputTokens), atMs }
      }
      const ids = parts.flatMap(({ rng, tokens }) => randomIds(rng, tokens, vocabulary))
      return {
        ...ofFixedLength({ kind: 'tokens', ids }, row.inputTokens, row.outputTokens),
        atMs,
      }
    },
  }
}

function partsOf({ inputTokens, hashIds }: TraceRow, index: number) {
  const parts: { stream: string; tokens: number }[] = []
  let left = inputTokens
  for (const id of hashIds) {
    if (left <= 0) break
    parts.push({ stream: `block/${id}`, tokens: Math.min(BLOCK_TOKENS, left) })
    left -= BLOCK_TOKENS
  }
  if (left > 0) parts.push({ stream: `own/${index}`, tokens: left })
  return parts
}
