import type { View } from '../../cli/base-command.js'
import type { Envelope } from '../../instrument/measure/envelope.js'
import type { BenchmarkFace } from './face.js'

/** The report of a `bench` command. */
export function resultView<Result extends Envelope>(
  face: BenchmarkFace<Result>,
  service: string,
): View<Result> {
  return {
    text: (result, style, isFailing) =>
      face.view(result, style, { service, verdict: isFailing ? null : 'ok' }),
    quiet: (result) => face.line(result),
  }
}
