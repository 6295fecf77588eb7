import { join, resolve } from 'node:path'
import { makePrivateDir, writeAtomically } from '../../platform/files.js'
import { cannotWrite } from '../../platform/cannot-write.js'
import type { Context, Place, Preparation } from '../../jobs/contract.js'
import { findImage, pullCommand } from '../../jobs/image.js'
import { GATE_TOKEN, makeSecret, writeGateCommand } from '../../jobs/token-files.js'
import { serverConfig } from './config.js'
import type { ChromaOptions } from './options.js'
import { findServer, type ChromaServer } from './server.js'

/** Writes what `slurm/chroma.sh` reads: the command, a word a line, and the configuration without the port. */
export async function prepareChroma(
  context: Context,
  options: ChromaOptions,
  place: Place,
): Promise<Preparation> {
  const { runDir } = place
  const persistDir = options.persistDir
    ? resolve(context.environment.cwd, options.persistDir)
    : join(runDir, 'data')
  await makePrivateDir(persistDir).catch((error: unknown) => {
    throw cannotWrite(persistDir, error)
  })
  const { image } = options
  const server = image ? await imageServer(context, image) : await findServer(context)
  const words = server.kind === 'native' ? server.argv : ['chroma']
  await writeAtomically(join(runDir, 'command'), words.map((word) => `${word}\n`).join(''))
  await writeAtomically(
    join(runDir, 'server.yaml.part'),
    serverConfig({ profile: options.profile, persistDir }),
  )
  return {
    environment: {
      ...(server.kind === 'image' ? imageEnvironment(context, server.path, persistDir) : {}),
      ...(await doors(context, options, place)),
    },
    description: `${describe(server)} · profile ${options.profile}`,
    provenance: { ...server, profile: options.profile, persistDir },
  }
}

/**
 * Chroma asks nobody who he is, and a loopback is open to every user of its node. Where others may be on it the server gets a network of
 * its own, with the gate as the only way in; with `--expose` that stands on the node's address.
 */
async function doors(
  { environment }: Context,
  { open, expose }: ChromaOptions,
  { runDir, scheduler, resources }: Place,
): Promise<Record<string, string>> {
  const isClosed = !open && scheduler !== 'local' && !resources.exclusive
  if (!isClosed && !expose) return {}
  await makeSecret(runDir, GATE_TOKEN)
  await writeGateCommand(environment.installDir, runDir)
  return {
    ...(isClosed ? { AIBENCH_CLOSED: '1' } : {}),
    ...(expose ? { AIBENCH_EXPOSE: '1' } : {}),
  }
}

interface ImageServer {
  kind: 'image'
  path: string
  sha256: string
  version: null
}

async function imageServer(context: Context, image: string): Promise<ImageServer> {
  const found = await findImage(context, image, [pullCommand('chroma'), 'aibench chroma install'])
  return { kind: 'image', ...found, version: null }
}

function imageEnvironment({ settings }: Context, image: string, persistDir: string) {
  const apptainer = settings.get('apptainer.command')
  return {
    AIBENCH_IMAGE: image,
    AIBENCH_BIND: persistDir,
    ...(apptainer ? { AIBENCH_APPTAINER: apptainer } : {}),
  }
}

function describe(server: ChromaServer | ImageServer): string {
  const digest = `sha256 ${server.sha256.slice(0, 8)}…`
  return server.kind === 'image'
    ? `image ${server.path} (${digest})`
    : `chroma ${server.version}, native (${server.origin}, ${digest})`
}
