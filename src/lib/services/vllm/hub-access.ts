import { dirname, join, resolve } from 'node:path'
import { exists, writeAtomically } from '../../platform/files.js'
import type { Context } from '../../jobs/contract.js'
import { readTokenFile } from '../../platform/token-file.js'
import type { ModelSource } from './model-files.js'
import type { VllmOptions } from './options.js'

type Variables = Readonly<Record<string, string | undefined>>

export interface HubAccess {
  environment: Record<string, string>
  /** Folders that an image has to see. */
  folders: readonly string[]
  warnings: readonly string[]
}

/** Holds the token of the user's shell for as long as the job lives. */
const HUB_TOKEN = 'hub.token'

/**
 * A model that is on disk runs without the network. One that is not is fetched by the job, with a token from a file, of which only the
 * path goes with the job: the user's own file, else one in the run directory for the token of the shell, else where `hf auth login` keeps it.
 * @throws UsageError when others can read the token's file
 */
export async function hubAccess(
  { environment }: Context,
  source: ModelSource,
  { hfTokenFile }: Pick<VllmOptions, 'hfTokenFile'>,
  runDir: string,
): Promise<HubAccess> {
  const { variables, home, cwd } = environment
  const tokenFile = hfTokenFile === null ? null : resolve(cwd, hfTokenFile)
  if (tokenFile !== null) await readTokenFile(tokenFile)
  const offline = { HF_HUB_OFFLINE: '1', TRANSFORMERS_OFFLINE: '1' }
  if (source.kind === 'directory')
    return { environment: offline, folders: [source.dir], warnings: [] }
  if (source.kind === 'cached')
    return {
      environment: { ...offline, HF_HUB_CACHE: source.hub },
      folders: [source.hub],
      warnings: [],
    }
  const token =
    tokenFile ?? (await shellToken(variables, runDir)) ?? (await loggedIn(variables, home))
  const keeps = variables.HF_HUB_CACHE ?? variables.HF_HOME
  return {
    environment: {
      ...(variables.HF_HOME ? { HF_HOME: variables.HF_HOME } : {}),
      ...(variables.HF_HUB_CACHE ? { HF_HUB_CACHE: variables.HF_HUB_CACHE } : {}),
      ...(token ? { HF_TOKEN_PATH: token } : {}),
    },
    folders: [...(keeps ? [keeps] : []), ...(token ? [dirname(token)] : [])],
    warnings: [
      keeps
        ? `${source.id} is not in ${keeps} yet: the job fetches it, which needs internet on the node`
        : `${source.id} is fetched by the job for this start only; to keep it: export HF_HOME=DIR, hf download ${source.id}`,
      ...(source.revision === null
        ? [`no --revision: what "${source.id}" is may change between two starts`]
        : []),
      ...(token === null
        ? [
            'no Hugging Face token: a gated model is refused; --hf-token-file FILE or export HF_TOKEN',
          ]
        : []),
    ],
  }
}

/** A token that the shell has goes into a file that its owner alone may read, and with the job's end. */
async function shellToken(variables: Variables, runDir: string): Promise<string | null> {
  const token = (variables.HF_TOKEN || variables.HUGGING_FACE_HUB_TOKEN)?.trim()
  if (!token) return null
  const file = join(runDir, HUB_TOKEN)
  await writeAtomically(file, `${token}\n`)
  return file
}

async function loggedIn(variables: Variables, home: string): Promise<string | null> {
  const file =
    variables.HF_TOKEN_PATH ?? join(variables.HF_HOME ?? join(home, '.cache/huggingface'), 'token')
  return (await exists(file)) ? file : null
}
