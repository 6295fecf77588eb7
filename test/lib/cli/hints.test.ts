import { expect } from 'chai'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { finishedHints } from '../../../src/lib/cli/hints.js'
import { readManifest } from '../../../src/lib/cli/manifest.js'
import { RequestError } from '../../../src/lib/instrument/http/request-error.js'
import { refusalOf } from '../../../src/lib/instrument/inference/refusal.js'
import { ALONE, VLLM } from '../../support/measured.js'
import { NextSteps } from '../../../src/lib/instrument/next-steps.js'
import {
  aibench,
  isCommand,
  isFlags,
  quote,
  withFlags,
} from '../../../src/lib/platform/command-line.js'
import { NameNeededError, UsageError } from '../../../src/lib/platform/errors.js'
import { parseLine, shellWords } from '../../support/command-lines.js'
import { ROOT } from '../../support/cli.js'

const TYPED = { command: 'vllm start', argv: ['--name', 'x'] }

/** What stands in for what is known only at run time; one that is not here is a word. */
const VALUES: Readonly<Record<string, string>> = {
  'service.kind': 'vllm',
  'plan.service.kind': 'vllm',
  kind: 'vllm',
  'MONITORS.kind': 'monitors',
  flag: '--prometheus',
  'known.flag': '--prometheus',
  service: 'vllm',
  'instance.service': 'vllm',
  'taken.service': 'vllm',
  verb: 'check',
  nodes: '2',
  clients: '2',
  'file.dim': '8',
  dimFound: '8',
  fitting: '100',
  'given.k': '8',
  otherSpace: 'l2',
  layers: '4',
  'asked.gpusPerNode': '4',
  'this.#aim.service.kind': 'vllm',
  bench: 'aibench vllm bench',
  does: 'check',
  found: '8',
  other: 'l2',
  'there - Math.max(1, queries)': '8',
  'meant.command': 'vllm start',
  command: 'vllm start',
}
/** Placeholders for a person to fill in, with what may stand there. */
const FILLED: readonly [RegExp, string][] = [
  [/\b(N|M)\b/g, '1'],
  [/=…/g, '=x'],
]

/** Of aibench, not for it; and what is put together piece by piece. */
const SENTENCES = /^aibench (needs|decides|has|asks|sets|start|word,|vllm bench$|chroma bench$)/

interface Hint {
  text: string
  place: string
}

/** Every string, template and call in the source that makes a command line of ours. */
function hintsIn(file: string): Hint[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(join(ROOT, file), 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  )
  const found: Hint[] = []
  const add = (node: ts.Node, text: string) => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart())
    found.push({ text, place: `${file}:${line + 1}` })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const callee = node.expression.getText()
      const words = node.arguments
        .filter((one) => !ts.isSpreadElement(one) && !isLog(one))
        .map(textOf)
      if (callee === 'aibench') add(node, aibench(...words))
      if (callee === 'commandOn') add(node, aibench('vllm', words[1], 'a name', ...words.slice(2)))
    } else if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) {
      const text = textOf(node).replace('aibench vllm bench', benchIn(file))
      if (/^aibench [a-z]/.test(text) && !SENTENCES.test(text)) add(node, text)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** The server of a stack whose log it is; of a service that is one server it is nothing. */
function isLog(node: ts.Node): boolean {
  return node.getText().startsWith('logMeant(')
}

/** Each kind of benchmark has flags of its own. */
function benchIn(file: string): string {
  return `aibench ${file.includes('/vectors/') ? 'chroma' : 'vllm'} bench`
}

function textOf(node: ts.Node): string {
  if (ts.isStringLiteralLike(node)) return node.text
  if (ts.isTemplateExpression(node))
    return (
      node.head.text +
      node.templateSpans
        .map(({ expression, literal }) => textOf(expression) + literal.text)
        .join('')
    )
  if (ts.isConditionalExpression(node)) return textOf(node.whenTrue)
  const text = node.getText()
  if (VALUES[text] !== undefined) return VALUES[text]
  if (/name$/i.test(text)) return 'a-name'
  if (/space/i.test(text)) return 'l2'
  return /String\(|count|dim|rows|width|most|\bk\b|vectors/i.test(text) ? '8' : 'word'
}

const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter(
    (name) =>
      name.endsWith('.ts') &&
      !/cli\/(completion|parse-errors|main|hints|help|command-help|help-pages)/.test(name),
  )
  .map((name) => join('src', name))
const hints = files.flatMap(hintsIn)

describe('a hint', () => {
  it('is found where one is made', () => expect(hints.length).to.be.greaterThan(80))

  for (const { text, place } of hints)
    it(`is a command that parses: ${text} (${place})`, async () => {
      const line = FILLED.reduce((filled, [pattern, value]) => filled.replace(pattern, value), text)
      // Only the log of a stack is asked for by the name of a server; no service here is one, the toys are.
      if (place.startsWith('src/lib/jobs/logs.ts') && line.endsWith(' a-name')) return
      // A topic alone shows its commands.
      if (/^aibench (help|config|vllm|chroma|runs|state)?$/.test(line.split('   #')[0].trim()))
        return
      const { error } = await parseLine(line)
      expect(error?.message, place).to.equal(undefined)
    })

  it('keeps a name, a path or a threshold one word, whatever is in it', () => {
    for (const word of [
      'a b',
      "it's",
      '$(reboot)',
      'x;y',
      'ttft_p99<500ms',
      '模型',
      '*',
      '#1',
      '',
    ]) {
      expect(shellWords(quote(word)), word).to.deep.equal([word])
      expect(shellWords(aibench('vllm', 'check', word))).to.deep.equal([
        'aibench',
        'vllm',
        'check',
        word,
      ])
    }
  })

  it('repeats what was typed with one flag changed', () => {
    const error = new UsageError('It does not fit', { hints: ['--dtype float16', 'see the log'] })
    const typed = { command: 'vllm start', argv: ['--model', 'a b', '--dtype', 'bfloat16'] }
    expect(finishedHints(error, typed)).to.deep.equal([
      "aibench vllm start --model 'a b' --dtype float16",
      'see the log',
    ])
  })

  it('keeps what was typed, short flags and the server too', () => {
    const next = new NextSteps({ ...ALONE, service: VLLM, url: 'http://h:8000' })
    const asked = { url: new URL('http://h:8000'), endpoint: 'completions', next } as const
    const error = refusalOf(new RequestError('http_404', '{"detail":"Not Found"}'), {
      ...asked,
      ...{ model: 'm', listed: [], inputTokens: 8, maxTokens: 8 },
    })
    const typed = { command: 'vllm bench', argv: ['--url', 'http://h:8000', '-c', '2', '-n', '8'] }
    expect(finishedHints(error, typed)[0]).to.equal(
      'aibench vllm bench --url http://h:8000 -c 2 -n 8 --endpoint chat',
    )
  })

  it('that begins with the name of a flag and goes on as a sentence stays a sentence', () => {
    for (const sentence of ['--tensor-parallel 1 or 2', '--sbatch-arg is for other options'])
      expect([
        isFlags(sentence),
        ...finishedHints(new UsageError('x', { hints: [sentence] }), TYPED),
      ]).to.deep.equal([false, sentence])
    for (const flags of ['--wait', '--dtype float16', '--a 1 --b=2 --c', '--sbatch-arg=--mem=0'])
      expect(isFlags(flags), flags).to.equal(true)
  })

  it('replaces a flag that was typed by its letter', () => {
    const error = new UsageError('x', { hints: ['--output FILE.zip   # another name'] })
    for (const typed of [['-o', 'a.zip'], ['-oa.zip'], ['-o=a.zip'], ['--output', 'a.zip']]) {
      const argv = ['one', ...typed, '-n', '8']
      expect(
        finishedHints(error, { command: 'vllm save', argv, short: { output: 'o', number: 'n' } }),
      ).to.deep.equal(['aibench vllm save one -n 8 --output FILE.zip   # another name'])
    }
  })

  it('replaces the value that can not be, and quotes once', () => {
    for (const argv of [['--slo', 'ttftp99<5'], ['--slo=ttftp99<5']]) {
      const error = new UsageError('x', { typed: 'ttftp99<5', hints: ['--slo ttft_p99<5ms'] })
      const typed = { command: 'vllm bench', argv: ['--slo', 'rps>1', ...argv, '-n', '4'] }
      expect(finishedHints(error, typed)).to.deep.equal([
        "aibench vllm bench --slo 'rps>1' -n 4 --slo 'ttft_p99<5ms'",
      ])
    }
  })

  it('names the instances that could be meant, in the command that was typed', () => {
    const error = new NameNeededError('Several are running', ['one', 'two'])
    expect(finishedHints(error, { command: 'vllm bench', argv: ['--rate', '4'] })).to.deep.equal([
      'aibench vllm bench one --rate 4',
      'aibench vllm bench two --rate 4',
    ])
    expect(
      finishedHints(error, { command: 'vllm chat', argv: ['hello you'], nameFlag: '--name' })[0],
    ).to.equal("aibench vllm chat 'hello you' --name one")
  })

  it('knows a command from a sentence', () => {
    for (const line of ['aibench status', 'df -h /x', './DIR', 'AIBENCH_HOME=/x aibench status'])
      expect(isCommand(line), line).to.equal(true)
    for (const line of ['metrics: ttft', 'try again later', 'choose another account (--account)'])
      expect(isCommand(line), line).to.equal(false)
  })

  it('replaces flags, and adds those that can be given again', () => {
    expect(
      withFlags(['--nodes', '4', '--wait', '--sbatch-arg=a'], '--nodes 2 --sbatch-arg=b'),
    ).to.deep.equal(['--wait', '--sbatch-arg=a', '--nodes', '2', '--sbatch-arg=b'])
  })

  it('that begins with a flag is flags, and a remark at most', () => {
    const starts = /^--[a-z]/
    for (const file of files)
      for (const [, list] of readFileSync(join(ROOT, file), 'utf8').matchAll(
        /hints: \[([^\]]*)\]/g,
      ))
        for (const [, text] of list.matchAll(/(?<=^|[\s[(?:])['`]([^'`\n]*)['`]/g))
          if (starts.test(text) && !/\$\{[^}]*$/.test(text))
            expect(
              isFlags(
                text
                  .trim()
                  .split(/ {3}# /)[0]
                  .replace(/\$\{.*?\}/g, 'x'),
              ),
              `${file}: ${text}`,
            ).to.equal(true)
  })

  it('that is flags alone names flags that there are', () => {
    const known = new Set(
      Object.values(readManifest(ROOT).commands).flatMap(({ flags }) => Object.keys(flags)),
    )
    for (const file of files)
      for (const [, flag] of readFileSync(join(ROOT, file), 'utf8').matchAll(
        /hints: \[\s*['`]--([a-z0-9-]+)/g,
      ))
        expect([...known], `${file}: --${flag}`).to.include(flag)
  })
})
