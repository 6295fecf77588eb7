import { nearest } from '../platform/nearest.js'
import { spoken, topicsOf, type Manifest } from './manifest.js'

/** What somebody may have meant who typed what we don't have: slips of the fingers, other tools' words, the predecessor's word order. */

const VERBS: Readonly<Record<string, readonly string[]>> = {
  check: ['status', 'state', 'health', 'ready', 'info', 'show'],
  stop: ['kill', 'cancel', 'down', 'delete', 'rm', 'remove', 'shutdown', 'terminate'],
  start: ['run', 'up', 'serve', 'launch', 'deploy', 'submit', 'restart'],
  bench: ['benchmark', 'measure', 'load', 'test', 'perf'],
  logs: ['log', 'tail', 'output'],
  save: ['archive', 'export', 'zip', 'backup', 'download', 'pack'],
  chat: ['ask', 'prompt', 'complete', 'query'],
  status: ['list', 'ls', 'ps', 'jobs', 'queue', 'instances', 'servers'],
  install: ['setup', 'init'],
}

const FLAGS: Readonly<Record<string, readonly string[]>> = {
  rate: ['request-rate', 'rps', 'qps', 'requests-per-second'],
  'num-prompts': ['requests', 'num-requests', 'prompts', 'num-queries', 'number', 'count'],
  'gpus-per-node': ['gpus', 'gpu', 'num-gpus', 'ngpus'],
  nodes: ['node', 'num-nodes', 'nnodes', 'N'],
  'tensor-parallel': ['tp', 'tensor-parallel-size'],
  'pipeline-parallel': ['pp', 'pipeline-parallel-size'],
  'input-len': ['input', 'input-tokens', 'prompt-len', 'random-input-len'],
  'output-len': ['output-tokens', 'max-tokens', 'random-output-len'],
  time: ['walltime', 'wall-time', 'time-limit'],
  timeout: ['wait-timeout', 'max-wait'],
  url: ['base-url', 'host', 'server', 'address', 'endpoint-url'],
  'served-model-name': ['model'],
  'served-name': ['served-model-name'],
  'model-dir': ['model-path', 'path'],
  concurrency: ['clients', 'threads', 'users', 'num-clients', 'parallel'],
  duration: ['seconds', 'max-seconds', 'run-time'],
  goodput: ['goodput-config'],
  slo: ['threshold', 'sla', 'check'],
  'save-as': ['save-result', 'output', 'out', 'output-file', 'result-filename'],
  output: ['out', 'file'],
  vectors: ['num-vectors', 'size', 'n'],
  dim: ['dims', 'dimension', 'dimensions'],
  'api-key-file': ['api-key', 'token', 'token-file'],
  'token-file': ['token', 'api-key', 'api-key-file'],
  'hf-token-file': ['hf-token'],
  'sbatch-arg': ['sbatch', 'slurm-arg'],
  lines: ['tail'],
}

/** For the flag by which words are passed on to the program that is started. */
const PASSED_ON = ['arg', 'args', 'extra-arg']

function passesOn(flag: string): boolean {
  return flag.endsWith('-arg') && flag !== 'sbatch-arg'
}

export interface Suggestion {
  /** As it is typed: `state repair`; or a topic. */
  command: string
  /** So many of the words that were typed it stands for. */
  replaces: number
}

export function suggestCommand(
  manifest: Manifest,
  words: readonly string[],
): Suggestion | undefined {
  const known = Object.keys(manifest.commands).map(spoken)
  const topics = topicsOf(manifest)
  const [first = '', second, third] = words.map((word) => topicCalled(manifest, word) ?? word)
  const within = third === undefined ? undefined : suggestWithin([first, second, third], known)
  if (within !== undefined) return { command: within, replaces: 3 }
  const command = second === undefined ? undefined : suggestPair([first, second], known, topics)
  if (command !== undefined) return { command, replaces: 2 }
  const word = suggestWord(first, known, topics)
  if (word === undefined) return undefined
  return { command: word, replaces: 1 }
}

/** A topic goes by the names of what is in it, too. */
function topicCalled({ topics }: Manifest, word: string): string | undefined {
  return Object.keys(topics).find((name) => topics[name].alsoCalled?.includes(word.toLowerCase()))
}

/** A verb of a topic within a topic. */
function suggestWithin(
  [topic, inner, verb]: readonly [string, string, string],
  known: readonly string[],
): string | undefined {
  const start = `${topic} ${inner} `
  const verbs = known.filter((id) => id.startsWith(start)).map((id) => id.slice(start.length))
  const meant = [...synonymsOf(verb), nearest(verb, verbs)].find((one) => verbs.includes(one ?? ''))
  return meant === undefined ? undefined : start + meant
}

/** Also in the other word order, `repair state`: that is how the predecessor of this tool was typed. */
function suggestPair(
  [first, second]: readonly [string, string],
  known: readonly string[],
  topics: readonly string[],
): string | undefined {
  const pairs = [
    [first, second],
    [second, first],
  ] as const
  // A topic that is written right says which word it is, before one that is only like a topic.
  for (const isMeant of [
    (word: string) => topics.find((topic) => topic === word),
    (word: string) => nearest(word, topics),
  ])
    for (const [word, verb] of pairs) {
      const topic = isMeant(word)
      if (topic === undefined) continue
      const verbs = known.filter((id) => id.startsWith(`${topic} `)).map((id) => id.split(' ')[1])
      const exact = [verb, ...synonymsOf(verb)].find((one) => verbs.includes(one))
      if (exact !== undefined) return `${topic} ${exact}`
      const top = synonymsOf(verb).find((one) => known.includes(one))
      if (top !== undefined) return top
      const close = nearest(verb, verbs)
      if (close !== undefined) return `${topic} ${close}`
    }
  return undefined
}

function suggestWord(
  word: string,
  known: readonly string[],
  topics: readonly string[],
): string | undefined {
  const top = [...known.filter((id) => !id.includes(' ')), ...topics]
  return synonymsOf(word).find((meant) => top.includes(meant)) ?? nearest(word, top)
}

function synonymsOf(word: string): string[] {
  return Object.keys(VERBS).filter((verb) => VERBS[verb].includes(word))
}

/** The flag of the command that was meant, with its dashes. `wanted` as it was typed: `--rats`, `-rate`. */
export function suggestFlag(wanted: string, known: readonly string[]): string | undefined {
  const word = wanted.replace(/^-+/, '').split('=')[0]
  const meant =
    known.find((name) => name === word.replaceAll('_', '-').toLowerCase()) ??
    known.find((name) => FLAGS[name]?.includes(word)) ??
    (PASSED_ON.includes(word) ? known.find(passesOn) : undefined) ??
    nearest(word, known)
  return meant === undefined ? undefined : `--${meant}`
}
