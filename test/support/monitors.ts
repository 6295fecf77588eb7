import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import { isRequired } from './require.js'

const INSTALL = fileURLToPath(new URL('monitors/install.sh', import.meta.url))
const run = promisify(execFile)

/** Paths of programs. `why` says what is missing; empty when all is there. */
export interface RealPrometheus {
  /** 3.16, with the OTLP receiver. */
  prometheus: string
  promtool: string
  /** Debian's 2.42: neither `scrape_config_files` nor OTLP. */
  oldPrometheus: string
  oldPromtool: string
  nodeExporter: string
  why: string
}

let prometheus: Promise<RealPrometheus> | undefined
let collector: Promise<{ otelcol: string; why: string }> | undefined

/** Of AIBENCH_TEST_MONITORS=DIR, or what an earlier run installed. Minutes of building are spent only where it is required. */
export function realPrometheus(): Promise<RealPrometheus> {
  return (prometheus ??= findPrometheus())
}

/** The Collector 0.155, found in the same way. */
export function realCollector(): Promise<{ otelcol: string; why: string }> {
  return (collector ??= findCollector())
}

async function findPrometheus(): Promise<RealPrometheus> {
  const dir = await folder()
  const programs = {
    prometheus: join(dir, 'bin/prometheus'),
    promtool: join(dir, 'bin/promtool'),
    oldPrometheus: join(dir, 'debian/usr/bin/prometheus'),
    oldPromtool: join(dir, 'debian/usr/bin/promtool'),
    nodeExporter: join(dir, 'bin/node_exporter'),
  }
  const why = await whatIsMissing('prometheus', dir, Object.values(programs))
  return { ...programs, why }
}

async function findCollector(): Promise<{ otelcol: string; why: string }> {
  const dir = await folder()
  const otelcol = join(dir, 'bin/otelcol')
  return { otelcol, why: await whatIsMissing('collector', dir, [otelcol]) }
}

async function whatIsMissing(
  need: 'prometheus' | 'collector',
  dir: string,
  programs: string[],
): Promise<string> {
  if (programs.every((path) => existsSync(path))) return ''
  if (!isRequired(need)) return `no ${need}: ${INSTALL} ${dir} ${need}`
  return run(INSTALL, [dir, need], { maxBuffer: 1 << 26 }).then(
    () => '',
    (error: unknown) => lastLine(error),
  )
}

async function folder(): Promise<string> {
  const given = process.env.AIBENCH_TEST_MONITORS
  if (given) return given
  const own = join(tmpdir(), `aibench-test-monitors-${userInfo().uid}`)
  await mkdir(own, { recursive: true })
  await chmod(own, 0o755)
  return own
}

function lastLine(error: unknown): string {
  const text = (error as { stderr?: string }).stderr || String(error)
  return text.trim().split('\n').at(-1)!
}
