import { dirname, join, resolve } from 'node:path'
import { exists } from '../../platform/files.js'
import type { Context } from '../contract.js'
import { readTokenFile } from '../../platform/token-file.js'
import type { ModelSource } from './model-files.js'
import type { VllmOptions } from './service.js'

/**
 * Settings of vLLM and of what it talks over that a user may have exported; recorded with the job. Never what we decide ourselves, what
 * opens the server for developers, or secrets.
 */
const PASSED_ON = /^(VLLM|NCCL|GLOO|UCX|OMP|RAY|TORCH_NCCL)_[A-Z0-9_]+$/
const NOT_PASSED_ON =
  /^VLLM_(API_KEY|HOST_IP|PORT|SERVER_DEV_MODE)$|^RAY_(ADDRESS|AUTH_.*)$|TOKEN|SECRET|PASSWORD/

export function passedOn(variables: Readonly<Record<string, string | undefined>>) {
  const settings: Record<string, string> = {}
  for (const [name, value] of Object.entries(variables))
    if (value !== undefined && PASSED_ON.test(name) && !NOT_PASSED_ON.test(name))
      settings[name] = value
  return settings
}

export interface HubAccess {
  environment: Record<string, string>
  /** Folders that an image has to see. */
  folders: readonly string[]
  warnings: readonly string[]
}

/**
 * A model that is on disk runs without the network. One that is not is fetched by the job, with the token from its file: only the path
 * goes with the job.
 * @throws UsageError when others can read the token's file
 */
export async function hubAccess(
  { environment }: Context,
  source: ModelSource,
  { hfTokenFile }: Pick<VllmOptions, 'hfTokenFile'>,
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
  const loggedIn = join(variables.HF_HOME ?? join(home, '.cache/huggingface'), 'token')
  const token = tokenFile ?? ((await exists(loggedIn)) ? loggedIn : null)
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
    ],
  }
}
