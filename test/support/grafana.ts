import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { quote } from '../../src/lib/platform/command-line.js'

/** Of AIBENCH_GRAFANA: the program `grafana`, or an image of it. There is none to be installed where these tests usually run. */
export function realGrafana(): { grafana: string; why: string } {
  const grafana = resolve(process.env.AIBENCH_GRAFANA || 'grafana')
  if (!process.env.AIBENCH_GRAFANA)
    return { grafana, why: 'no Grafana: AIBENCH_GRAFANA=PROGRAM, or an image (.sif)' }
  return { grafana, why: existsSync(grafana) ? '' : `AIBENCH_GRAFANA: there is no ${grafana}` }
}

const STAND_IN = fileURLToPath(new URL('grafana/stand-in.mjs', import.meta.url))

/** @returns the path of a program that is called as Grafana is */
export async function writeStandIn(folder: string): Promise<string> {
  const path = join(folder, 'grafana')
  const command = ['exec', process.execPath, STAND_IN].map(quote).join(' ')
  await writeFile(path, `#!/bin/sh\n${command} "$@"\n`, { mode: 0o755 })
  return path
}

/** What follows `[NAME]` in an ini, to the next section. */
export const sectionOf = (ini: string, name: string): string =>
  ini.split(`[${name}]\n`)[1].split('\n[')[0]
