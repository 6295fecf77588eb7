import { alike, type GivenOf } from '../options/set.js'
import { integer, path, text, texts, toggle } from '../options/types.js'
import type { ForeignRequest } from './foreign.js'

/** What benchmarks of every kind can be told. */

export const planSource = {
  planFrom: text({
    group: 'WORKLOAD',
    flag: 'plan',
    summary: 'Repeat a plan: a file, the id of a run, or - for stdin.',
    env: null,
    completes: 'run',
  }),
}

export const monitorOptions = {
  noMonitors: toggle({
    group: 'INSTRUMENT',
    summary: 'Send no client metrics to running monitors.',
  }),
  observer: toggle({
    group: 'INSTRUMENT',
    summary: 'Report what the monitors cost meanwhile: CPU time, memory, scrape times.',
  }),
}

export const placeOptions = {
  clientNodes: integer({
    group: 'INSTRUMENT',
    helpValue: 'N',
    min: 0,
    summary: 'Run the clients on N nodes of their own; 0 runs them beside the server. Default 0.',
  }),
}

export const saveAsOption = {
  saveAs: texts({
    group: 'OUTPUT',
    helpValue: 'FORMAT:FILE',
    summary:
      'Also write the results to FILE: vllm:FILE (as vllm bench serve does) or csv:FILE. Repeatable.',
    env: null,
    completes: ['csv:', 'vllm:'],
  }),
}

/** A server that aibench did not start: its address, and the file of its token in the words of each service. */
export const foreignOptions = (
  summary: string,
  token: { flag: string; summary: string; helpValue?: string },
) =>
  alike(
    { group: 'WHERE' },
    {
      url: text({ summary }),
      ...alike(
        { needs: ['url'] },
        {
          tokenFile: path(token),
          headerFile: path({
            helpValue: 'FILE',
            summary:
              'Send the "Name: value" lines of this file with every request to --url; readable by you alone.',
          }),
          caFile: path({
            helpValue: 'FILE',
            summary:
              'Trust the certificate authorities in this PEM file too, for an https:// --url.',
          }),
          insecure: toggle({
            summary: 'Accept any certificate of an https:// --url. The result says so.',
          }),
        },
      ),
    },
  ) satisfies { [F in keyof Required<Omit<ForeignRequest, 'tokenHeader'>>]: unknown }

export type GivenForeign = GivenOf<ReturnType<typeof foreignOptions>>
