import { planOptions, workloadOptions } from '../../instrument/inference/plan-options.js'
import { text, toggle } from '../../options/types.js'
import {
  foreignOptions,
  monitorOptions,
  placeOptions,
  planSource,
  saveAsOption,
} from '../options.js'

/** What a benchmark of an inference server can be told. */
export const inferenceBenchOptions = {
  ...workloadOptions,
  ...planOptions,
  ...planSource,
  ...placeOptions,
  ...monitorOptions,
  selfTest: toggle({
    group: 'INSTRUMENT',
    summary: 'Measure the client alone, against a server that does nothing.',
    env: null,
  }),
  ...foreignOptions(
    'Benchmark any server with an OpenAI-compatible API, at http:// or https://, that aibench did not start.',
    {
      flag: 'api-key-file',
      summary: 'Read the bearer token for --url from this file (mode 0600).',
    },
  ),
  subject: text({
    group: 'WHERE',
    flag: 'served-model-name',
    summary: 'Ask for this model. Default: the first one that the server lists.',
  }),
  events: toggle({
    group: 'OUTPUT',
    summary: 'Print progress as JSON lines on stdout; the last line is that of --json.',
    env: null,
  }),
  ...saveAsOption,
}
