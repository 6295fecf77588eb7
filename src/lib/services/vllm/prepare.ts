import { aibench } from '../../platform/command-line.js'
import { flagNamer } from '../../options/set.js'
import { misfit } from '../../platform/misfit.js'
import { join } from 'node:path'
import * as v from 'valibot'
import { UsageError } from '../../platform/errors.js'
import { writeAtomically, writeJson } from '../../platform/files.js'
import { SimulatorOptionsSchema } from '../../simulator/options.js'
import type { Context, Place, Preparation } from '../../jobs/contract.js'
import { hashesOf } from '../../jobs/job-settings.js'
import { API_TOKEN, GATE_TOKEN, makeSecret, writeGateCommand } from '../../jobs/token-files.js'
import { accessLog, serveArguments } from './arguments.js'
import { missingGpus, refuseMissingGpus } from './gpus.js'
import { compileCache, notKept } from './compile-cache.js'
import { findModel, refuseLongContext } from './model-files.js'
import { parallelOf } from './parallel.js'
import { describeProgram, findVllm, hasNativeNodes, type VllmProgram } from './program.js'
import type { VllmOptions } from './options.js'
import { simulatorOptions } from './simulator-options.js'
import { servedNameOf } from './served-name.js'
import { passedOn } from './passed-on.js'
import { hubAccess } from './hub-access.js'

/** Checks all that can be known before the queue, and writes what `slurm/vllm.sh` reads: the command and its arguments, a word a line. */
export async function prepareVllm(
  context: Context,
  options: VllmOptions,
  place: Place,
): Promise<Preparation> {
  const { nodes } = place.resources
  if (nodes > 1 && place.scheduler === 'local')
    throw new UsageError('Several nodes need Slurm; this machine is one')
  return options.simulate === null
    ? prepareServer(context, options, place)
    : prepareSimulator(context, options, options.simulate, place)
}

async function prepareServer(
  context: Context,
  options: VllmOptions,
  place: Place,
): Promise<Preparation> {
  const { nodes } = place.resources
  const source = await findModel(context.environment, options)
  const shape = source.kind === 'hub' ? null : source.shape
  const parallel = parallelOf(options, nodes, shape)
  const asked = serveArguments(options, source, parallel)
  if (shape) refuseLongContext(options, shape, context.environment.variables)
  const hub = await hubAccess(context, source, options, place.runDir)
  await refuseMissingGpus(context, options, place)
  const program = await findVllm(context, options)
  const words = [...asked, ...accessLog(options.vllmArgs, program)]
  const distributed = distributedOf(options, program, nodes)
  const { settings, leftBehind } = passedOn(context.environment.variables)
  await writeWords(place.runDir, 'command', program.kind === 'image' ? ['vllm'] : program.argv)
  await writeWords(place.runDir, 'arguments', words)
  const cache = await compileCache(context, program)
  const image = imageEnvironment(context, program, options, hub.folders)
  return {
    environment: {
      ...settings,
      ...hub.environment,
      ...image,
      ...(cache === null ? {} : { AIBENCH_CACHE: cache }),
      ...(await doors(context, options, place)),
      ...(distributed ? { AIBENCH_DISTRIBUTED: distributed } : {}),
      ...(options.traces ? { AIBENCH_TRACES: '1' } : {}),
    },
    description: [
      describeProgram(program),
      servedNameOf(options),
      ...(nodes > 1 || parallel.tensor * parallel.pipeline > 1
        ? [`tensor parallel ${parallel.tensor}, pipeline parallel ${parallel.pipeline}`]
        : []),
      ...(distributed ? [`${distributed} over ${nodes} nodes`] : []),
    ].join(' · '),
    warnings: [
      ...missingGpus(options, program, place),
      ...(cache === null ? [] : notKept(program)),
      ...hub.warnings,
      ...(leftBehind.length > 0
        ? [`not passed on to the job: ${leftBehind.join(' ')} (pass one on with --env NAME)`]
        : []),
    ],
    provenance: {
      ...program,
      ...{ model: source, parallel, distributed, arguments: words, settings: hashesOf(settings) },
    },
  }
}

async function prepareSimulator(
  context: Context,
  options: VllmOptions,
  simulate: Record<string, unknown>,
  place: Place,
): Promise<Preparation> {
  if (place.resources.nodes > 1) throw new UsageError('The simulator runs on one node')
  if (options.traces) throw new UsageError('The simulator sends no traces')
  const file = join(place.runDir, 'simulator.json')
  const simulated = v.safeParse(SimulatorOptionsSchema, {
    model: servedNameOf(options),
    ...simulate,
    apiKeyFile: join(place.runDir, API_TOKEN),
  })
  if (!simulated.success)
    throw new UsageError(misfit(simulated.issues, flagNamer(simulatorOptions)), {
      hints: [aibench('vllm', 'start', '--help')],
    })
  await writeJson(file, simulated.output)
  const program = join(context.environment.installDir, 'dist', 'simulator.js')
  const { VLLM_HOST_IP: address } = context.environment.variables
  await writeWords(place.runDir, 'command', [process.execPath, program, file])
  await writeWords(place.runDir, 'arguments', [])
  return {
    environment: {
      AIBENCH_SIMULATED: '1',
      // By which address others reach it.
      ...(address ? { VLLM_HOST_IP: address } : {}),
      ...(await doors(context, options, place)),
    },
    description: 'SIMULATED: built-in simulator',
    provenance: {
      kind: 'simulated',
      version: `${simulated.output.version} SIMULATED`,
      simulated: simulated.output,
    },
  }
}

/**
 * The key of this instance and, with `--expose`, that of the gate; for each the file and the header that curl reads. What is
 * returned tells the script of the gate.
 */
async function doors(
  { environment }: Context,
  { expose }: VllmOptions,
  { runDir }: Place,
): Promise<Record<string, string>> {
  await makeSecret(runDir, API_TOKEN)
  if (!expose) return {}
  await makeSecret(runDir, GATE_TOKEN)
  await writeGateCommand(environment.installDir, runDir, { apiToken: API_TOKEN })
  return { AIBENCH_EXPOSE: '1' }
}

function distributedOf(
  { distributed }: VllmOptions,
  program: VllmProgram,
  nodes: number,
): 'ray' | 'native' | null {
  if (nodes === 1) return null
  if (distributed === 'native' && !hasNativeNodes(program))
    throw new UsageError(
      `vLLM ${program.version} has no several nodes of its own; that came with 0.12`,
      { hints: ['--distributed ray'] },
    )
  if (distributed !== 'auto') return distributed
  return hasNativeNodes(program) ? 'native' : 'ray'
}

function imageEnvironment(
  { settings }: Context,
  program: VllmProgram,
  { gpusPerNode }: VllmOptions,
  folders: readonly string[],
): Record<string, string> {
  if (program.kind !== 'image') return {}
  const apptainer = settings.get('apptainer.command')
  return {
    AIBENCH_IMAGE: program.path,
    AIBENCH_BIND: folders.join('\n'),
    ...(gpusPerNode ? { AIBENCH_GPUS: '1' } : {}),
    ...(apptainer ? { AIBENCH_APPTAINER: apptainer } : {}),
  }
}

async function writeWords(runDir: string, name: string, words: readonly string[]): Promise<void> {
  await writeAtomically(join(runDir, name), words.map((word) => `${word}\n`).join(''))
}
