import * as Flags from '@oclif/core/flags'
import type { ForeignRequest } from '../foreign.js'

const target = { helpGroup: 'WHERE' } as const
const ofUrl = { ...target, dependsOn: ['url'] }

/** How to reach a server that aibench did not start; the token's own flag is each command's. */
export const foreignFlags = {
  'header-file': Flags.string({
    ...ofUrl,
    helpValue: 'FILE',
    summary:
      'Send the "Name: value" lines of this file with every request to --url; readable by you alone.',
    env: 'AIBENCH_HEADER_FILE',
  }),
  'ca-file': Flags.string({
    ...ofUrl,
    helpValue: 'FILE',
    summary: 'Trust the certificate authorities in this PEM file too, for an https:// --url.',
    env: 'AIBENCH_CA_FILE',
  }),
  insecure: Flags.boolean({
    ...ofUrl,
    summary: 'Accept any certificate of an https:// --url. The result says so.',
    env: 'AIBENCH_INSECURE',
  }),
}

interface ForeignFlagValues {
  url?: string
  'header-file'?: string
  'ca-file'?: string
  insecure?: boolean
}

export function foreignFrom(flags: ForeignFlagValues, tokenFile?: string): ForeignRequest {
  return {
    url: flags.url,
    tokenFile,
    headerFile: flags['header-file'],
    caFile: flags['ca-file'],
    insecure: flags.insecure,
  }
}
