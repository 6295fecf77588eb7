import { runBounded } from '../../../platform/children.js'
import type { NodeAnswer } from './node-probe.js'

/** What Lustre says of itself to an ordinary user. */
export interface Health {
  /** null: nobody could say. */
  isWell: boolean | null
  text: string
  osts: number | null
  mdts: number | null
  /** Targets that do not answer, or that take no new files: `scratch-OST0003 inactive`. */
  troubles: string[]
}

const TIMEOUT_MS = 10_000

/** The cheapest first: a file of the kernel that each node has read already, then what `lfs` knows without waiting for any target. */
export async function lustreHealth(dir: string, answers: readonly NodeAnswer[]): Promise<Health> {
  const words = answers.flatMap(({ node, done }) =>
    done?.health && done.health !== 'healthy' ? [`${node} says ${done.health}`] : [],
  )
  const isTold = answers.some(({ done }) => typeof done?.health === 'string')
  const listed = await runBounded(['lfs', 'df', '--lazy', dir], { timeoutMs: TIMEOUT_MS })
  const targets = listed.exitCode === 0 ? targetsIn(listed.stdout) : null
  const troubles = [...new Set([...words, ...(targets?.troubles ?? [])])]
  const count = targets && `${targets.osts} OSTs, ${targets.mdts} MDTs`
  const isWell = troubles.length > 0 ? false : isTold || targets ? true : null
  const word =
    isWell === null ? 'its health is not known' : isWell ? 'healthy' : troubles.join(', ')
  return {
    isWell,
    text: [word, count].filter(Boolean).join(', '),
    osts: targets?.osts ?? null,
    mdts: targets?.mdts ?? null,
    troubles,
  }
}

/** The letters behind a target. Source: lfs-df(1). */
const FLAGS: Readonly<Record<string, string>> = {
  D: 'degraded',
  N: 'takes no new files',
  R: 'read-only',
  S: 'out of space',
  I: 'out of inodes',
}

/** Rows of `lfs df`: `scratch-OST0000_UUID … /mnt/scratch[OST:0]`, with flags behind it; `: inactive device` for one that does not answer. */
export function targetsIn(text: string): { osts: number; mdts: number; troubles: string[] } {
  const found = { osts: 0, mdts: 0, troubles: [] as string[] }
  for (const line of text.split('\n')) {
    const [, name, kind] = /^\s*(\S+?-?(OST|MDT)[0-9a-f]{4})\S*/i.exec(line) ?? []
    if (name === undefined) continue
    if (kind.toUpperCase() === 'OST') found.osts++
    else found.mdts++
    if (line.includes('inactive device')) found.troubles.push(`${name} inactive`)
    const [, flags = ''] = /\[(?:OST|MDT):\d+\]\s*([A-Za-z]*)\s*$/.exec(line) ?? []
    for (const flag of flags) if (FLAGS[flag]) found.troubles.push(`${name} ${FLAGS[flag]}`)
  }
  return found
}
