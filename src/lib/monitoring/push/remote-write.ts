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

/** Makes requests of remote write 1.0; the labels of a series are written once. */
export class RemoteWriteEncoder {
  readonly #source: Labels
  readonly #labels = new Map<string, Buffer>()

  constructor({ service, instance }: Source) {
    this.#source = { job: service, instance }
  }

  body(figures: readonly Figure[], atMs: number): Buffer {
    const at = field(2, VARINT, varint(Math.round(atMs)))
    const series: Buffer[] = []
    for (const figure of figures)
      for (const [suffix, le, value] of samplesOf(figure)) {
        const text = value === null ? STALE : float(value)
        // Sample: value = 1, timestamp = 2. TimeSeries: labels = 1, samples = 2. WriteRequest: timeseries = 1.
        const sample = field(2, BYTES, Buffer.concat([field(1, FIXED64, text), at]))
        series.push(field(1, BYTES, Buffer.concat([this.#labelsOf(figure, suffix, le), sample])))
      }
    return snappyBlock(Buffer.concat(series))
  }

  #labelsOf(figure: Figure, suffix: string, le: string | null): Buffer {
    const key = JSON.stringify([figure.name, figure.labels, suffix, le])
    const known = this.#labels.get(key)
    if (known) return known
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
    const bytes = Buffer.concat(
      sorted.map(([name, value]) =>
        field(1, BYTES, Buffer.concat([text(1, name), text(2, value)])),
      ),
    )
    this.#labels.set(key, bytes)
    return bytes
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
