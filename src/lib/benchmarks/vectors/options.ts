import {
  laterPlanOptions,
  placeOptions as ofCollection,
  planOptions,
  workloadOptions,
} from '../../instrument/vectors/plan-options.js'
import { text } from '../../options/types.js'
import { foreignOptions, monitorOptions, placeOptions, planSource } from '../options.js'

/** What a benchmark of a vector database can be told. */
export const vectorBenchOptions = {
  ...workloadOptions,
  ...planOptions,
  ...laterPlanOptions,
  ...planSource,
  ...placeOptions,
  ...monitorOptions,
  ...foreignOptions(
    'Benchmark a Chroma server that aibench did not start, at http:// or https://.',
    {
      flag: 'token-file',
      helpValue: 'FILE',
      summary:
        'Read the token for --url from this file (mode 0600); sent as bearer token and as x-chroma-token.',
    },
  ),
  tokenHeader: text({
    group: 'WHERE',
    helpValue: 'NAME',
    summary: 'Send the token in this header alone, as it is.',
    needs: ['token-file'],
  }),
  ...ofCollection,
}
