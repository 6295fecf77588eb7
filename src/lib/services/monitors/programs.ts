import { resolve } from 'node:path'
import { findImage, pullCommand, type ImageName } from '../../jobs/image.js'
import type { Context } from '../../jobs/contract.js'
import { isTooOld, OLDEST } from '../../monitoring/prometheus/versions.js'
import { aibench, withRemark } from '../../platform/command-line.js'
import { EnvironmentError } from '../../platform/errors.js'
import { findProgram } from '../../platform/files.js'
import type { MonitorsOptions, Server } from './options.js'
import type { ProgramPlan } from './plan.js'

interface Known {
  title: string
  /** The option, and what its flag is called. */
  field: 'prometheus' | 'grafana' | 'collector' | 'nodeExporter'
  flag: string
  /** As they are called on PATH. */
  names: readonly string[]
  image: ImageName
  /** Its command within the image. */
  inImage: readonly string[]
  /** Of its name. */
  words: readonly string[]
}

export const PROGRAMS: Readonly<Record<Server, Known>> = {
  prometheus: {
    title: 'Prometheus',
    field: 'prometheus',
    flag: '--prometheus',
    names: ['prometheus'],
    image: 'prometheus',
    inImage: ['/bin/prometheus'],
    words: [],
  },
  grafana: {
    title: 'Grafana',
    field: 'grafana',
    flag: '--grafana',
    names: ['grafana'],
    image: 'grafana',
    inImage: ['grafana'],
    words: ['server'],
  },
  collector: {
    title: 'The OpenTelemetry Collector',
    field: 'collector',
    flag: '--collector',
    names: ['otelcol', 'otelcol-contrib'],
    image: 'collector',
    inImage: ['/otelcol'],
    words: [],
  },
  node: {
    title: 'The node exporter',
    field: 'nodeExporter',
    flag: '--node-exporter',
    names: ['node_exporter', 'prometheus-node-exporter'],
    image: 'node-exporter',
    inImage: ['/bin/node_exporter'],
    words: [],
  },
}

/** Longer than any of them takes to say its version, also from a cold shared file system. */
const VERSION_MS = 20_000

/** The file that was asked for, else the one on PATH; undefined when there is none. Whether it can be run is not looked at. */
export async function locate(
  { environment }: Pick<Context, 'environment'>,
  server: Server,
  options: MonitorsOptions,
): Promise<string | undefined> {
  const { field, names } = PROGRAMS[server]
  const asked = options[field]
  if (asked !== null) return resolve(environment.cwd, asked)
  for (const name of names) {
    const found = await findProgram(name, environment.variables)
    if (found) return found
  }
  return undefined
}

/** @throws EnvironmentError, UsageError when it is not there or does not start */
export async function findMonitor(
  context: Context,
  server: Server,
  options: MonitorsOptions,
): Promise<ProgramPlan> {
  const known = PROGRAMS[server]
  const path = await locate(context, server, options)
  if (path === undefined) throw notFound(server)
  if (path.endsWith('.sif')) {
    const image = await findImage(context, path, [pullCommand(known.image)])
    return { argv: [...known.inImage, ...known.words], version: null, image }
  }
  const answer = await context.processes.run(path, ['--version'], { timeoutMs: VERSION_MS })
  const text = `${answer.stdout}${answer.stderr}`
  if (answer.exitCode !== 0)
    throw new EnvironmentError(`${known.title} does not start: ${path}`, {
      code: 'AIB_MONITORS_PROGRAM',
      evidence: answer.missing ? 'there is no such program' : text.trim().split('\n').at(-1),
      hints: [withRemark(aibench('monitors', 'start', known.flag, 'FILE'), 'another one')],
    })
  const version = versionIn(text)
  if (server === 'prometheus') refuseUnfit(path, text, version)
  return { argv: [path, ...known.words], version, image: null }
}

/** What can't be started is better refused here than after an hour in the queue. */
function refuseUnfit(path: string, text: string, version: string | null): void {
  const { flag } = PROGRAMS.prometheus
  const isPrometheus = /prometheus/i.test(text)
  if (isPrometheus && !isTooOld(version)) return
  throw new EnvironmentError(
    isPrometheus
      ? `Prometheus ${version} is too old: ${OLDEST} or later is needed`
      : `This is not Prometheus: ${path}`,
    {
      code: 'AIB_MONITORS_PROGRAM',
      ...(isPrometheus ? { where: path } : { evidence: text.trim().split('\n').at(0) }),
      hints: [withRemark(aibench('monitors', 'start', flag, 'FILE'), 'another one')],
    },
  )
}

/** `prometheus, version 3.16.0 (branch: …)`, `otelcol version 0.155.0`, `Version 12.0.0 (commit: …)`. */
export function versionIn(text: string): string | null {
  return /\bversion v?(\d+\.\d+\.\d+)/i.exec(text)?.[1] ?? null
}

function notFound(server: Server): EnvironmentError {
  const { title, flag, image } = PROGRAMS[server]
  return new EnvironmentError(`${title} was not found on this machine`, {
    code: 'AIB_MONITORS_PROGRAM',
    hints: [
      withRemark(aibench('monitors', 'start', flag, `${image}.sif`), pullCommand(image)),
      withRemark(aibench('monitors', 'start', flag, 'PROGRAM'), 'a program of yours'),
    ],
  })
}

export function describePrograms(programs: Readonly<Partial<Record<Server, ProgramPlan>>>): string {
  return Object.entries(programs)
    .map(([server, { version, image }]) => {
      if (image) return `${server} (image, sha256 ${image.sha256.slice(0, 8)}…)`
      return version === null ? server : `${server} ${version}`
    })
    .join(', ')
}
