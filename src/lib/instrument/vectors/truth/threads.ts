import { availableParallelism } from 'node:os'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Space, VectorSet } from '../distance.js'
import { NearestHeaps } from './heaps.js'
import { NearestSearch, type SearchOf } from './nearest.js'
import type { FromThread, ToThread } from './truth-thread.js'

export interface SearchRequest {
  k: number
  space: Space
  signal?: AbortSignal
  /** So many of the vectors were searched. */
  onProgress?(vectors: number): void
  /** At most; by default as many as there are cores and memory and work for. */
  threads?: number
  kernel?: SearchOf['kernel']
}

/** Beside the program that this is a part of, `dist/worker.js`, or beside this source. */
const THREAD = new URL(`./truth-thread${extname(import.meta.url)}`, import.meta.url)
/** What a thread is sent at a time. Two of them are under way to each, so that none waits. */
const SENT_BYTES = 1 << 20
const UNDER_WAY = 2
/** Below that (multiplications) a thread is not worth its start. */
const THREAD_WORK = 2e8
/** Of all threads together. */
const MEMORY_BYTES = 2 ** 31

/**
 * The k nearest of each query among all vectors, exactly, nearest first. Threads do it; where there is little to do, or none can be
 * started, this one does, and lets others have their turn in between.
 * @throws the signal's reason
 */
export async function findNearest(
  set: VectorSet,
  request: SearchRequest,
  program = THREAD,
): Promise<NearestHeaps> {
  const { signal, threads = threadsFor(set, request) } = request
  const found = threads > 0 ? await inThreads(set, request, { threads, program }) : undefined
  const heaps = found ?? (await here(set, request))
  signal?.throwIfAborted()
  heaps.sort()
  return heaps
}

function threadsFor({ count, queryCount, dim }: VectorSet, { k }: SearchRequest): number {
  const bytesEach = queryCount * (2 * dim * 4 + k * 12)
  return Math.min(
    availableParallelism(),
    Math.floor((count * queryCount * dim) / THREAD_WORK),
    Math.max(1, Math.floor(MEMORY_BYTES / bytesEach)),
  )
}

async function here(set: VectorSet, request: SearchRequest): Promise<NearestHeaps> {
  const { base, count, dim } = set
  const search = new NearestSearch(searchOf(set, request))
  const rows = rowsAtOnce(dim)
  for (let first = 0; first < count && !request.signal?.aborted; first += rows) {
    search.add(base.subarray(first * dim, Math.min(count, first + rows) * dim), first)
    request.onProgress?.(Math.min(count, first + rows))
    await new Promise(setImmediate)
  }
  return search.heaps
}

/** Undefined when they could not be started (no more threads allowed, no memory). */
async function inThreads(
  set: VectorSet,
  request: SearchRequest,
  { threads, program }: { threads: number; program: URL },
): Promise<NearestHeaps | undefined> {
  const blocks = new Blocks(set, request)
  const heaps = new NearestHeaps(set.queryCount, request.k)
  const workers: Worker[] = []
  try {
    for (let i = 0; i < threads; i++)
      workers.push(new Worker(program, { workerData: searchOf(set, request) }))
    await Promise.all(workers.map((worker) => workThrough(worker, blocks, heaps)))
    return heaps
  } catch {
    return undefined
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

function workThrough(worker: Worker, blocks: Blocks, heaps: NearestHeaps): Promise<void> {
  return new Promise((resolve, reject) => {
    const say = (word: ToThread, buffers: ArrayBuffer[] = []) => worker.postMessage(word, buffers)
    let underWay = 0
    const send = (buffer?: Float32Array<ArrayBuffer>) => {
      const block = blocks.next(buffer)
      if (!block) return
      underWay++
      say(block, [block.vectors.buffer])
    }
    worker.on('message', (message: FromThread) => {
      if ('found' in message) {
        heaps.offerAll(message.found)
        return resolve()
      }
      blocks.done(message.done)
      underWay--
      send(message.done)
      if (underWay === 0) say('finish')
    })
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error('a thread ended unasked')))
    blocks.signal?.addEventListener('abort', () => resolve(), { once: true })
    for (let i = 0; i < UNDER_WAY; i++) send()
    if (underWay === 0) say('finish')
  })
}

/** The vectors in blocks, each handed out once. */
class Blocks {
  readonly #set: VectorSet
  readonly #onProgress: SearchRequest['onProgress']
  readonly signal: AbortSignal | undefined
  #next = 0
  #done = 0

  constructor(set: VectorSet, { signal, onProgress }: SearchRequest) {
    this.#set = set
    this.#onProgress = onProgress
    this.signal = signal
  }

  /** @param memory of a block that is done, for the next */
  next(memory?: Float32Array<ArrayBuffer>): Exclude<ToThread, 'finish'> | undefined {
    const { base, count, dim } = this.#set
    if (this.#next >= count || this.signal?.aborted) return undefined
    const firstId = this.#next
    this.#next = Math.min(count, firstId + rowsAtOnce(dim))
    const some = base.subarray(firstId * dim, this.#next * dim)
    const vectors = memory?.length === some.length ? memory : new Float32Array(some.length)
    vectors.set(some)
    return { vectors, firstId }
  }

  done({ length }: Float32Array): void {
    this.#done += length / this.#set.dim
    this.#onProgress?.(this.#done)
  }
}

/** The queries once for all threads. */
function searchOf({ queries, dim }: VectorSet, { k, space, kernel }: SearchRequest): SearchOf {
  return { queries: shared(queries), dim, k, space, kernel }
}

function shared(data: Float32Array): Float32Array {
  const copy = new Float32Array(new SharedArrayBuffer(data.byteLength))
  copy.set(data)
  return copy
}

function rowsAtOnce(dim: number): number {
  return Math.max(1, Math.floor(SENT_BYTES / (dim * 4)))
}
