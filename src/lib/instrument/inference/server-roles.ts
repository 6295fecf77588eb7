import { basename } from 'node:path'

/** What a process of vLLM does: speak HTTP, schedule, run the model on one GPU; anything else. */
export const ROLES = ['api', 'engine', 'worker', 'other'] as const
export type Role = (typeof ROLES)[number]

/** The role of each, by its command line. */
export function rolesOf(commands: readonly (readonly string[])[]): Role[] {
  const roles = commands.map(roleOf)
  // One that has started several that speak HTTP only waits for them.
  const isDivided = commands.some(([title = '']) => API_SERVER.test(title))
  return roles.map((role, i) =>
    isDivided && role === 'api' && !API_SERVER.test(commands[i][0]) ? 'other' : role,
  )
}

/** Titles of vLLM 0.10 to 0.32; what stands before `::` may be chosen by VLLM_PROCESS_NAME_PREFIX. */
const API_SERVER = /^\S*::APIServer/
const ENGINE = /^\S*::EngineCore/
const WORKER = /^(\S*::Worker|ray::RayWorker)/

function roleOf(words: readonly string[]): Role {
  const [title = ''] = words
  if (API_SERVER.test(title)) return 'api'
  if (ENGINE.test(title)) return 'engine'
  if (WORKER.test(title)) return 'worker'
  return isServe(words) ? 'api' : 'other'
}

/** `python3 …/vllm serve MODEL`, `python -m vllm.entrypoints.openai.api_server`; not what only starts one, such as `apptainer exec`. */
function isServe(words: readonly string[]): boolean {
  const program = basename(words[0] ?? '')
  if (!/^(python[\d.]*|vllm)$/.test(program)) return false
  const at = words.slice(0, 4).findIndex((word) => basename(word) === 'vllm')
  return (
    (at >= 0 && words[at + 1] === 'serve') ||
    words.slice(0, 4).some((word) => /^vllm\.entrypoints\..*api_server$/.test(word))
  )
}
