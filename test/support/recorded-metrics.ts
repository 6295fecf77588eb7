import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** What one name of a page stands for. */
export interface Recorded {
  /** Of a part of a histogram: `counter`, as which it can be used. */
  type: 'counter' | 'gauge' | 'summary' | 'untyped'
  labels: ReadonlySet<string>
}

export type Page = ReadonlyMap<string, Recorded>

const FOLDER = fileURLToPath(new URL('../fixtures/metrics/', import.meta.url))

/** A recorded page by its name: `vllm-0.32.0`. */
export const recordedPage = (name: string): Page =>
  readPage(readFileSync(`${FOLDER}${name}.txt`, 'utf8'))

export const recordedNames = (): string[] =>
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.txt'))
    .map((name) => name.replace(/\.txt$/, ''))

/** Reads Prometheus' text form, as far as names, types and labels go. */
export function readPage(text: string): Page {
  const types = new Map<string, string>()
  const page = new Map<string, Recorded>()
  for (const line of text.split('\n')) {
    const [, family, type] = /^# TYPE (\S+) (\w+)/.exec(line) ?? []
    if (family) types.set(family, type)
    const [, name, inner = ''] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? /.exec(line) ?? []
    if (!name) continue
    const labels = [...inner.matchAll(/(\w+)="/g)].map(([, label]) => label)
    page.set(name, { type: typeOf(name, types), labels: new Set(labels) })
  }
  return page
}

function typeOf(name: string, types: ReadonlyMap<string, string>): Recorded['type'] {
  const family = name.replace(/_(bucket|sum|count)$/, '')
  const type = types.get(name) ?? types.get(family) ?? 'untyped'
  return type === 'histogram' ? 'counter' : (type as Recorded['type'])
}
