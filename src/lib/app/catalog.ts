import type { BenchmarkFace } from '../benchmarks/face/face.js'
import type { Kinds, ResultKind } from '../benchmarks/kind.js'
import type { Protocols } from '../instrument/vectors/engine.js'
import type { HelpPage, Topic } from '../cli/topic.js'
import type { Services, Workload } from '../jobs/contract.js'
import type { Works } from '../instrument/process/worker.js'
import { NotFoundError } from '../platform/errors.js'

interface Entry {
  service: Workload
  topic: Topic
}

/** Every service there is, one line each, in the order of use; loaded by commands that touch one. */
const SERVICES: Readonly<Record<string, () => Promise<Entry>>> = {
  vllm: () => import('../services/vllm/face/entry.js'),
  chroma: () => import('../services/chroma/face/entry.js'),
  lustre: () => import('../services/lustre/face/entry.js'),
  monitors: () => import('../services/monitors/face/entry.js'),
}

/** `aibench help NAME`, beside the pages that are about the whole. */
const PAGES: Readonly<Record<string, () => Promise<HelpPage>>> = {
  metrics: async () => (await import('../benchmarks/inference/face/metrics-page.js')).metricsPage,
}

/** @throws NotFoundError with the services that there are */
export async function loadService(kind: string): Promise<Workload> {
  if (Object.hasOwn(SERVICES, kind)) return (await SERVICES[kind]()).service
  throw unknown(kind)
}

export async function loadServices(): Promise<Services> {
  const services = new Map<string, Workload>()
  for (const kind of Object.keys(SERVICES)) services.set(kind, await loadService(kind))
  return {
    kinds: [...services.keys()],
    serviceIfKnown: (kind) => services.get(kind),
    service(kind) {
      const service = services.get(kind)
      if (service) return service
      throw unknown(kind)
    },
  }
}

/** Of the services, in the order of use. */
export async function loadTopics(): Promise<Record<string, Topic>> {
  const topics: Record<string, Topic> = {}
  for (const [kind, load] of Object.entries(SERVICES)) topics[kind] = (await load()).topic
  return topics
}

export async function loadPages(): Promise<Record<string, HelpPage>> {
  const pages: Record<string, HelpPage> = {}
  for (const [name, load] of Object.entries(PAGES)) pages[name] = await load()
  return pages
}

function unknown(kind: string): NotFoundError {
  return new NotFoundError(`Unknown service "${kind}"`, {
    hints: [`services: ${Object.keys(SERVICES).join(' ')}`],
  })
}

/** What vector databases speak. */
export const VECTOR_PROTOCOLS: Protocols = {
  chroma: async () => (await import('../instrument/vectors/protocols/chroma.js')).CHROMA,
}

/** What measures them, for the measuring process alone, which is a program of its own. */
export const WORKS: Works = {
  inference: async () => (await import('../instrument/inference/work.js')).work,
  vectors: async () => (await import('../instrument/vectors/work.js')).vectorWork(VECTOR_PROTOCOLS),
}

interface BenchmarkEntry {
  kind(): Promise<ResultKind>
  face(): Promise<BenchmarkFace>
}

/** Every kind of benchmark there is. */
const BENCHMARKS: Readonly<Record<string, BenchmarkEntry>> = {
  inference: {
    kind: async () => (await import('../benchmarks/inference/kind.js')).inference,
    face: async () => (await import('../benchmarks/inference/face/face.js')).inferenceFace,
  },
  vectors: {
    kind: async () => (await import('../benchmarks/vectors/kind.js')).vectors,
    face: async () => (await import('../benchmarks/vectors/face/face.js')).vectorFace,
  },
  filesystem: {
    kind: async () => (await import('../benchmarks/filesystem/kind.js')).filesystem,
    face: async () => (await import('../benchmarks/filesystem/face/face.js')).filesystemFace,
  },
}

export const benchmarkKinds = (): readonly string[] => Object.keys(BENCHMARKS)

export const benchmarkKind: Kinds = async (kind) =>
  Object.hasOwn(BENCHMARKS, kind) ? BENCHMARKS[kind].kind() : undefined

export async function benchmarkFace(kind: string): Promise<BenchmarkFace | undefined> {
  return Object.hasOwn(BENCHMARKS, kind) ? BENCHMARKS[kind].face() : undefined
}
