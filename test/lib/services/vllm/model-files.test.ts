import { expect } from 'chai'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AibenchError } from '../../../../src/lib/platform/errors.js'
import { findModel, refuseLongContext } from '../../../../src/lib/services/vllm/model-files.js'
import { environmentIn, rejection, temporaryFolder } from '../../../support/surroundings.js'

const COMMIT = '0123456789abcdef0123456789abcdef01234567'
const CONFIG = { architectures: ['LlamaForCausalLM'], num_attention_heads: 8, num_hidden_layers: 4 }

async function files(dir: string, names: Record<string, unknown>): Promise<string> {
  await mkdir(dir, { recursive: true })
  for (const [name, content] of Object.entries(names))
    await writeFile(
      join(dir, name),
      typeof content === 'string' ? content : JSON.stringify(content),
    )
  return dir
}

const MODEL = { 'config.json': CONFIG, 'tokenizer.json': '{}', 'model.safetensors': '' }

/** Of a user whose home, cache and current folder are this one. */
const at = (folder: string, variables: Record<string, string> = {}) => ({
  ...environmentIn(folder),
  ...{ cwd: folder, home: folder, variables },
})
const named = (model: string, revision: string | null = null) => ({
  ...{ model, modelDir: null, revision },
})
const directory = (modelDir: string, revision: string | null = null) => ({
  ...{ model: null, modelDir, revision },
})

describe('a model in a directory', () => {
  it('is taken with its shape, seen from the current folder, by either flag', async () => {
    await using folder = await temporaryFolder()
    const dir = await files(join(folder.path, 'tiny'), MODEL)
    const shape = { architecture: 'LlamaForCausalLM', heads: 8, layers: 4, context: null }
    for (const wish of [directory('tiny'), named('./tiny'), named(dir)])
      expect(await findModel(at(folder.path), wish)).to.deep.equal({
        ...{ kind: 'directory', dir, shape },
      })
  })

  for (const [lacking, says] of [
    ['config.json', /no config\.json/],
    ['tokenizer.json', /no tokenizer/],
  ] as const)
    it(`without ${lacking} is refused before the queue`, async () => {
      await using folder = await temporaryFolder()
      const { [lacking]: _, ...rest } = MODEL
      await files(join(folder.path, 'tiny'), rest)
      const error = await rejection(findModel(at(folder.path), directory('tiny')))
      expect(error).to.include({ exitCode: 3, code: 'AIB_MODEL_FILES' })
      expect(error.message).to.match(says)
      expect(error.where).to.equal(join(folder.path, 'tiny'))
    })

  it('that is not there, has a broken config, or is given a revision is refused', async () => {
    await using folder = await temporaryFolder()
    await files(join(folder.path, 'broken'), { ...MODEL, 'config.json': '{' })
    await files(join(folder.path, 'tiny'), MODEL)
    const refusalOf = async (wish: Parameters<typeof findModel>[1]) =>
      (await rejection(findModel(at(folder.path), wish))) as unknown as AibenchError
    expect((await refusalOf(directory('nowhere'))).message).to.include('There is no model dir')
    expect((await refusalOf(directory('broken'))).message).to.include('holds no JSON')
    expect(await refusalOf(directory('tiny', 'main'))).to.include({ exitCode: 2 })
  })

  for (const [change, context] of [
    [{ max_position_embeddings: 4096 }, 4096],
    [{ n_positions: 1024 }, 1024],
    [{ text_config: { max_position_embeddings: 8192 } }, 8192],
    [{ max_position_embeddings: 4096, rope_scaling: { rope_type: 'llama3' } }, null],
    [{ max_position_embeddings: 4096, rope_scaling: { type: 'yarn' } }, null],
    [{ max_position_embeddings: 4096, rope_parameters: { rope_type: 'default' } }, 4096],
    [{ max_position_embeddings: 4096, rope_scaling: null }, 4096],
    [{ max_position_embeddings: 'many' }, null],
  ] as [object, number | null][])
    it(`has a context of ${context ?? 'nobody knows what'}: ${JSON.stringify(change)}`, async () => {
      await using folder = await temporaryFolder()
      const config = { ...CONFIG, ...change }
      await files(join(folder.path, 'tiny'), { ...MODEL, 'config.json': config })
      const source = await findModel(at(folder.path), directory('tiny'))
      expect(source).to.have.nested.property('shape.context', context)
    })
})

describe('a model by name', () => {
  /** The hub's cache with one snapshot, under `main`. */
  const cached = async (folder: string, names: Record<string, unknown> = MODEL) => {
    const hub = join(folder, '.cache/huggingface/hub')
    const model = join(hub, 'models--organisation--name')
    await files(join(model, 'refs'), { main: `${COMMIT}\n` })
    return { hub, dir: await files(join(model, 'snapshots', COMMIT), names) }
  }

  it('that is in the cache is pinned to its commit, whatever it was called by', async () => {
    await using folder = await temporaryFolder()
    const { hub, dir } = await cached(folder.path)
    for (const revision of [null, 'main', COMMIT])
      expect(
        await findModel(at(folder.path), named('organisation/name', revision)),
      ).to.deep.include({
        ...{ kind: 'cached', id: 'organisation/name', revision: COMMIT, hub, dir },
      })
  })

  for (const [title, variables] of [
    ['HF_HOME', { HF_HOME: 'F/.cache/huggingface' }],
    ['HF_HUB_CACHE', { HF_HOME: '/nowhere', HF_HUB_CACHE: 'F/.cache/huggingface/hub' }],
    ['XDG_CACHE_HOME', { XDG_CACHE_HOME: 'F/.cache' }],
  ] as [string, Record<string, string>][])
    it(`is looked for where ${title} says`, async () => {
      await using folder = await temporaryFolder()
      const { dir } = await cached(folder.path)
      const set = Object.entries(variables).map(([k, value]) => [
        ...[k, value.replace('F', folder.path)],
      ])
      const environment = { ...at(folder.path, Object.fromEntries(set)), home: '/nowhere' }
      expect(await findModel(environment, named('organisation/name'))).to.include({ dir })
    })

  const INDEX = { weight_map: { a: 'model-1-of-2.safetensors', b: 'model-2-of-2.safetensors' } }
  for (const [title, names] of [
    ['without weights', { 'config.json': CONFIG, 'tokenizer.json': '{}' }],
    [
      'with a shard missing',
      {
        ...{ 'config.json': CONFIG, 'model-1-of-2.safetensors': '' },
        'model.safetensors.index.json': INDEX,
      },
    ],
  ] as [string, Record<string, unknown>][])
    it(`whose download was cut off is fetched by the job: ${title}`, async () => {
      await using folder = await temporaryFolder()
      await cached(folder.path, names)
      expect(await findModel(at(folder.path), named('organisation/name'))).to.deep.equal({
        ...{ kind: 'hub', id: 'organisation/name', revision: null },
      })
    })

  it('of another revision than the cached one is fetched', async () => {
    await using folder = await temporaryFolder()
    await cached(folder.path)
    expect(await findModel(at(folder.path), named('organisation/name', 'v2'))).to.deep.equal({
      ...{ kind: 'hub', id: 'organisation/name', revision: 'v2' },
    })
  })

  for (const name of ['organisation/na me', 'a;b', ''])
    it(`that is none is refused: "${name}"`, async () => {
      await using folder = await temporaryFolder()
      expect(await rejection(findModel(at(folder.path), named(name)))).to.include({ exitCode: 2 })
    })

  it('is needed', async () => {
    await using folder = await temporaryFolder()
    const nothing = { model: null, modelDir: null, revision: null }
    const error = await rejection(findModel(at(folder.path), nothing))
    expect(error).to.include({ exitCode: 2, code: 'AIB_MODEL_NEEDED' })
  })
})

describe('a length that the model has not', () => {
  const shape = { architecture: null, heads: null, layers: null, context: 4096 }
  const refuse = (
    maxModelLen: number | null,
    { vllmArgs = [], allow }: { vllmArgs?: string[]; allow?: string } = {},
    context: number | null = 4096,
  ) =>
    refuseLongContext(
      { maxModelLen, vllmArgs },
      { ...shape, context },
      allow === undefined ? {} : { VLLM_ALLOW_LONG_MAX_MODEL_LEN: allow },
    )

  it('is refused with the length that it has', () => {
    expect(() => refuse(4097)).to.throw(/4097 is longer than the model’s context of 4096/)
    expect(() => refuse(4097, { allow: '0' })).to.throw(/longer/)
  })

  it('is accepted where it fits, is changed, is allowed, or nobody knows', () => {
    refuse(4096)
    refuse(null)
    refuse(9999, {}, null)
    refuse(9999, { allow: '1' })
    refuse(9999, { vllmArgs: ['--hf-overrides={}'] })
  })
})
