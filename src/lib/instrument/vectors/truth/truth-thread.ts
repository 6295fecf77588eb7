import { parentPort, workerData } from 'node:worker_threads'
import { NearestSearch, type SearchOf } from './nearest.js'

/** A thread that searches the blocks it is sent. A program of its own (`dist/truth-thread.js`), since a thread starts from a file. */

/** Towards the thread: vectors to search, or the question what it has found. */
export type ToThread = { vectors: Float32Array<ArrayBuffer>; firstId: number } | 'finish'

/** From the thread: a block is done (its memory comes back), or what it has found in all. */
export type FromThread =
  { done: Float32Array<ArrayBuffer> } | { found: { ids: Int32Array; distances: Float64Array } }

const search = new NearestSearch(workerData as SearchOf)
const say = (word: FromThread, buffer: ArrayBuffer) => parentPort!.postMessage(word, [buffer])

parentPort!.on('message', (message: ToThread) => {
  if (message === 'finish') {
    const { ids, distances } = search.heaps
    return parentPort!.postMessage({ found: { ids, distances } } satisfies FromThread)
  }
  const { vectors, firstId } = message
  search.add(vectors, firstId)
  say({ done: vectors }, vectors.buffer)
})
