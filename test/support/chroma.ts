import { join } from 'node:path'
import { tmpdir, userInfo } from 'node:os'
import { aibench } from './cli.js'
import { mkdir } from 'node:fs/promises'

let found: Promise<{ command?: string; why: string }> | undefined

/** A real Chroma server for the tests, installed once a machine with `aibench chroma install`. */
export function realChroma(): Promise<{ command?: string; why: string }> {
  return (found ??= install())
}

async function install(): Promise<{ command?: string; why: string }> {
  const given = process.env.AIBENCH_TEST_CHROMA
  if (given) return { command: given, why: '' }
  const home = join(tmpdir(), `aibench-test-chroma-${userInfo().uid}`)
  await mkdir(home, { recursive: true, mode: 0o755 })
  const ended = await aibench(['chroma', 'install', '--dir', join(home, 'server'), '--quiet'], {
    home,
  })
  return ended.code === 0
    ? { command: ended.stdout.trim(), why: '' }
    : { why: `no Chroma server could be installed: ${ended.stderr.trim().split('\n')[0]}` }
}
