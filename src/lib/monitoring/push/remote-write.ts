import {
  boundText,
  prometheusLabel,
  prometheusName,
  type Figure,
  type Labels,
  type Source,
} from './figures.js'
import { snappyBlock, varint } from './snappy.js'

/** Headers of remote write 1.0. Source: prometheus.io/docs/specs/prw/remote_write_spec. */
export const REMOTE_WRITE_HEADERS = {
  'content-type': 'application/x-protobuf',
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '0.1.0',
}

/** The value that says: this series has ended. Source: prometheus/model/value/value.go, StaleNaN. */
const STALE = Buffer.from('7ff0000000000002', 'hex').reverse()

/** Wire types of protocol buffers: a message or text with its length, eight bytes, a number. */
const [BYTES, FIXED64, VARINT] = [2, 1, 0]

/** The series of a figure, with room for their values and times; only these are another at each moment. */
interface Block {
  bytes: Buffer
  /** Where the value of each sample begins. */
  values: number[]
}

/** Of a sample: value = 1, timestamp = 2. */
const VALUE_TAG = Buffer.from([(1 << 3) | FIXED64])
const VALUE_BYTES = 8

/** Makes requests of remote write 1.0; what is the same at every moment is written once. */
export class RemoteWriteEncoder {
  readonly #source: Labels
  readonly #blocks = new Map<string, Block>()
  #timeBytes = 0

  constructor({ service, instance }: Source) {
    this.#source = { job: service, instance }
  }

  body(figures: readonly Figure[], atMs: number): Buffer {
    const time = field(2, VARINT, varint(Math.round(atMs)))
    if (time.length !== this.#timeBytes) this.#blocks.clear()
    this.#timeBytes = time.length
    return snappyBlock(Buffer.concat(figures.map((figure) => this.#fill(figure, time))))
  }

  #fill(figure: Figure, time: Buffer): Buffer {
    const key = JSON.stringify([figure.name, figure.labels])
    let block = this.#blocks.get(key)
    if (!block) this.#blocks.set(key, (block = this.#blockOf(figure, time)))
    const { bytes, values } = block
    let n = 0
    for (const value of valuesOf(figure)) {
      const at = values[n++]
      if (value === null) STALE.copy(bytes, at)
      else bytes.writeDoubleLE(value, at)
      time.copy(bytes, at + VALUE_BYTES)
    }
    return bytes
  }

  #blockOf(figure: Figure, time: Buffer): Block {
    const parts: Buffer[] = []
    const values: number[] = []
    const sample = Buffer.concat([VALUE_TAG, Buffer.alloc(VALUE_BYTES), time])
    let length = 0
    for (const [suffix, le] of namesOf(figure)) {
      // TimeSeries: labels = 1, samples = 2. WriteRequest: timeseries = 1.
      const labels = this.#labelsOf(figure, suffix, le)
      const series = field(1, BYTES, Buffer.concat([labels, field(2, BYTES, sample)]))
      parts.push(series)
      length += series.length
      values.push(length - time.length - VALUE_BYTES)
    }
    return { bytes: Buffer.concat(parts), values }
  }

  #labelsOf(figure: Figure, suffix: string, le: string | null): Buffer {
    const all: Labels = {
      __name__: prometheusName(figure) + suffix,
      ...this.#source,
      ...figure.labels,
      ...(le === null ? {} : { le }),
    }
    // They must be sorted.
    const named = Object.entries(all).map(
      ([name, value]) => [prometheusLabel(name), value] as const,
    )
    const sorted = named.filter(([, value]) => value !== '').sort(([a], [b]) => (a < b ? -1 : 1))
    return Buffer.concat(
      sorted.map(([name, value]) =>
        field(1, BYTES, Buffer.concat([text(1, name), text(2, value)])),
      ),
    )
  }
}

type SeriesName = readonly [suffix: string, le: string | null]

function namesOf(figure: Figure): SeriesName[] {
  if (figure.kind !== 'histogram') return [['', null]]
  return [
    ['_sum', null],
    ['_count', null],
    ...figure.bounds.map((bound): SeriesName => ['_bucket', boundText(bound)]),
    ['_bucket', '+Inf'],
  ]
}

/** In the order of their names. */
function valuesOf(figure: Figure): (number | null)[] {
  if (figure.kind !== 'histogram') return [figure.value]
  const { counts, bounds, sum } = figure
  const values = [sum, 0]
  let below = 0
  for (let i = 0; i <= bounds.length; i++) values.push((below += counts[i]))
  values[1] = below
  return values
}

function field(number: number, wire: number, bytes: Uint8Array): Buffer {
  const tag = Buffer.from([(number << 3) | wire])
  return Buffer.concat(wire === BYTES ? [tag, varint(bytes.length), bytes] : [tag, bytes])
}

const text = (number: number, value: string) => field(number, BYTES, Buffer.from(value, 'utf8'))
