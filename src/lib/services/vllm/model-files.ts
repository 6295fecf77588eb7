import { isAbsolute, join, resolve } from 'node:path'
import { EnvironmentError, UsageError } from '../../platform/errors.js'
import { exists, listNames, readJsonIfThere, readTextIfThere } from '../../platform/files.js'
import type { Environment } from '../../platform/environment.js'
import type { ModelShape } from './parallel.js'
import type { VllmOptions } from './options.js'

/** Where the weights come from, as far as can be known before the job runs. */
export type ModelSource =
  | { kind: 'directory'; dir: string; shape: ModelShape }
  /** In the Hugging Face cache already: runs without the network, at exactly this commit. */
  | { kind: 'cached'; id: string; revision: string; dir: string; hub: string; shape: ModelShape }
  /** To be fetched by the job. */
  | { kind: 'hub'; id: string; revision: string | null }

/** Any of these makes a tokenizer. */
const TOKENIZER_FILES = [
  'tokenizer.json',
  'tokenizer.model',
  'tokenizer_config.json',
  'tekken.json',
  'vocab.json',
  'spiece.model',
]

/**
 * @throws UsageError when no model, or two, were named
 * @throws EnvironmentError when a directory is no model
 */
export async function findModel(
  environment: Environment,
  { model, modelDir, revision }: Pick<VllmOptions, 'model' | 'modelDir' | 'revision'>,
): Promise<ModelSource> {
  if (model === null && modelDir === null)
    throw new UsageError('Which model?', {
      code: 'AIB_MODEL_NEEDED',
      hints: [
        'aibench vllm start --model ORGANISATION/NAME --revision SHA',
        'aibench vllm start --model-dir DIR',
        'aibench vllm start --simulate',
      ],
    })
  if (modelDir !== null) return inDirectory(resolve(environment.cwd, modelDir), revision)
  const id = model!
  if (isPath(id)) return inDirectory(resolve(environment.cwd, id), revision)
  if (!/^[\w.-]+(\/[\w.-]+)?$/.test(id))
    throw new UsageError(`"${id}" is neither a model of the hub nor a directory`, {
      hints: ['ORGANISATION/NAME', './DIR'],
    })
  return (await inCache(environment, id, revision)) ?? { kind: 'hub', id, revision }
}

function isPath(text: string): boolean {
  return isAbsolute(text) || /^\.{1,2}(\/|$)|^~/.test(text) || text.split('/').length > 2
}

async function inDirectory(dir: string, revision: string | null): Promise<ModelSource> {
  if (revision !== null)
    throw new UsageError(`A directory has no revisions: ${dir}`, {
      hints: ['leave out --revision'],
    })
  if (!(await exists(dir)))
    throw new EnvironmentError(`There is no model directory ${dir}`, { code: 'AIB_MODEL_FILES' })
  const names = await listNames(dir)
  const lacks = (what: string) =>
    new EnvironmentError(`The model directory has no ${what}`, {
      code: 'AIB_MODEL_FILES',
      where: dir,
      hints: [`ls ${dir}`, `hf download ORGANISATION/NAME --local-dir ${dir}`],
    })
  if (!names.includes('config.json')) throw lacks('config.json')
  if (!TOKENIZER_FILES.some((name) => names.includes(name)))
    throw lacks(`tokenizer (${TOKENIZER_FILES.slice(0, 3).join(', ')})`)
  return { kind: 'directory', dir, shape: await shapeOf(dir) }
}

/** A snapshot with its weights: a cut-off download may have left a part. */
async function inCache(
  { variables, home }: Environment,
  id: string,
  revision: string | null,
): Promise<ModelSource | undefined> {
  const cache = variables.XDG_CACHE_HOME || join(home, '.cache')
  const hub = variables.HF_HUB_CACHE ?? join(variables.HF_HOME ?? join(cache, 'huggingface'), 'hub')
  const folder = join(hub, `models--${id.replaceAll('/', '--')}`)
  const named = await readTextIfThere(join(folder, 'refs', revision ?? 'main'))
  const commit = named?.trim() || revision
  if (!commit) return undefined
  const dir = join(folder, 'snapshots', commit)
  const names = await listNames(dir)
  const isWhole =
    names.includes('config.json') &&
    names.some((name) => /\.(safetensors|bin|gguf|pt)$/.test(name)) &&
    (await shardsAreThere(dir, names))
  if (!isWhole) return undefined
  return { kind: 'cached', id, revision: commit, dir, hub, shape: await shapeOf(dir) }
}

async function shardsAreThere(dir: string, names: readonly string[]): Promise<boolean> {
  const index = (await readJsonIfThere(join(dir, 'model.safetensors.index.json'))) as
    { weight_map?: Record<string, string> } | undefined
  const shards = new Set(Object.values(index?.weight_map ?? {}))
  return [...shards].every((shard) => names.includes(shard))
}

/** Of a model that sees or hears too, the language part has these numbers. */
async function shapeOf(dir: string): Promise<ModelShape> {
  const config = (await readJsonIfThere(join(dir, 'config.json'))) as
    Record<string, unknown> | undefined
  if (config === undefined)
    throw new EnvironmentError('The model’s config.json holds no JSON', {
      code: 'AIB_MODEL_FILES',
      where: join(dir, 'config.json'),
    })
  const text = { ...config, ...(config.text_config as Record<string, unknown> | undefined) }
  const number = (name: string) => (typeof text[name] === 'number' ? text[name] : null)
  const [architecture] = Array.isArray(config.architectures) ? config.architectures : []
  return {
    architecture: typeof architecture === 'string' ? architecture : null,
    heads: number('num_attention_heads') ?? number('n_head'),
    layers: number('num_hidden_layers') ?? number('n_layer'),
    context: isStretched(text)
      ? null
      : (number('max_position_embeddings') ?? number('n_positions')),
  }
}

/** Of RoPE scaling there are many kinds, each with its own arithmetic. */
function isStretched({ rope_scaling, rope_parameters }: Record<string, unknown>): boolean {
  const kinds = [rope_scaling, rope_parameters].filter(
    (value) => value && typeof value === 'object',
  )
  return kinds.some((kind) => {
    const { rope_type, type } = kind as { rope_type?: unknown; type?: unknown }
    return (rope_type ?? type ?? 'default') !== 'default'
  })
}

/**
 * What vLLM would refuse itself, after the queue and its imports.
 * @throws UsageError with the model's own length
 */
export function refuseLongContext(
  { maxModelLen, vllmArgs }: Pick<VllmOptions, 'maxModelLen' | 'vllmArgs'>,
  { context }: ModelShape,
  { VLLM_ALLOW_LONG_MAX_MODEL_LEN: allowed }: Environment['variables'],
): void {
  if (maxModelLen === null || context === null || maxModelLen <= context) return
  const changes = vllmArgs.some((word) => /^--(hf-overrides|rope-scaling|rope-theta)/.test(word))
  if (changes || (allowed !== undefined && allowed !== '0')) return
  throw new UsageError(
    `--max-model-len ${maxModelLen} is longer than the model’s context of ${context} tokens`,
    {
      code: 'AIB_CONTEXT',
      hints: [`--max-model-len ${context}`, 'export VLLM_ALLOW_LONG_MAX_MODEL_LEN=1'],
    },
  )
}
