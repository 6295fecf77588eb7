import {
  boundText,
  countOf,
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
const SERIES_TAG = Buffer.from([(1 << 3) | BYTES])

/** Makes requests of remote write 1.0; the labels of a series are written once. */
export class RemoteWriteEncoder {
  readonly #source: Labels
  /** Of each figure, the labels of its samples in their order. */
  readonly #labels = new Map<string, Buffer[]>()

  constructor({ service, instance }: Source) {
    this.#source = { job: service, instance }
  }

  body(figures: readonly Figure[], atMs: number): Buffer {
    const at = field(2, VARINT, varint(Math.round(atMs)))
    const series: Buffer[] = []
    // Sample: value = 1, timestamp = 2. TimeSeries: labels = 1, samples = 2. WriteRequest: timeseries = 1.
    const sampleTag = field(2, BYTES, Buffer.concat([field(1, FIXED64, float(0)), at])).subarray(
      0,
      -at.length - 8,
    )
    const sampleLength = sampleTag.length + 8 + at.length
    for (const figure of figures) {
      const key = JSON.stringify([figure.name, figure.labels])
      const known = this.#labels.get(key) ?? []
      this.#labels.set(key, known)
      let n = 0
      for (const [suffix, le, value] of samplesOf(figure)) {
        const labels = (known[n] ??= this.#labelsOf(figure, suffix, le))
        n++
        const head = varint(labels.length + sampleLength)
        series.push(SERIES_TAG, head, labels, sampleTag, value === null ? STALE : float(value), at)
      }
    }
    return snappyBlock(Buffer.concat(series))
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

type Sample = readonly [suffix: string, le: string | null, value: number | null]

function* samplesOf(figure: Figure): Iterable<Sample> {
  if (figure.kind !== 'histogram') return yield ['', null, figure.value]
  yield ['_sum', null, figure.sum]
  yield ['_count', null, countOf(figure)]
  let below = 0
  for (const [i, bound] of figure.bounds.entries()) {
    below += figure.counts[i]
    yield ['_bucket', boundText(bound), below]
  }
  yield ['_bucket', '+Inf', countOf(figure)]
}

function field(number: number, wire: number, bytes: Uint8Array): Buffer {
  const tag = Buffer.from([(number << 3) | wire])
  return Buffer.concat(wire === BYTES ? [tag, varint(bytes.length), bytes] : [tag, bytes])
}

const text = (number: number, value: string) => field(number, BYTES, Buffer.from(value, 'utf8'))

function float(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeDoubleLE(value)
  return bytes
}
