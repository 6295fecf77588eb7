import { resolve } from 'node:path'
import {
  knownKind,
  NEWEST_RELEASE,
  RELEASES,
  releasesLike,
  schemaOf,
} from '../../instrument/filesystem/ini/releases.js'
import { schemaFromList, type IniSchema } from '../../instrument/filesystem/ini/schema.js'
import type { Context } from '../../jobs/contract.js'
import { EnvironmentError } from '../../platform/errors.js'
import { exists } from '../../platform/files.js'
import { chooseProgram, findTool, type ProgramChoice, type SeenProgram } from './program.js'

/** The options of the io500 that is meant, or of a release, where none can be asked. */
export interface KnownOptions {
  schema: IniSchema
  apis: readonly string[] | null
  /** Where it is; null when these are the options of a release, as aibench knows them. */
  program: string | null
}

/**
 * Of the io500 that was named, by a flag, a setting or PATH. A release can stand for it: `isc24`. Without one, those of the newest release.
 * @throws EnvironmentError when a flag named what is no io500
 */
export async function knownOptions(
  context: Context,
  given: Partial<ProgramChoice>,
): Promise<KnownOptions> {
  const release = await releaseNamed(context, given.io500)
  if (release !== undefined) return bundled(release)
  const isNamed = given.io500 != null || given.image != null || given.module != null
  try {
    const found = await findTool(context, chooseProgram(given, context.settings))
    const { program } = found
    if (program.trouble !== null)
      context.warn(`${program.image ?? program.path} can't be asked here: ${program.trouble}`)
    return optionsOf(found)
  } catch (error) {
    if (isNamed || !(error instanceof EnvironmentError)) throw error
    if (error.code !== 'AIB_NO_IO500') context.warn(error.message)
    return bundled(NEWEST_RELEASE)
  }
}

export function optionsOf({ program, look }: SeenProgram): KnownOptions {
  if (look === null) return bundled(NEWEST_RELEASE)
  const nameless = schemaFromList(look.list, '', knownKind)
  const like = releasesLike(nameless)
  const release = look.version ?? (like === undefined ? 'this io500' : `io500 of ${like}`)
  return {
    schema: { ...nameless, release },
    apis: look.apis,
    program: program.image === null ? program.path : `${program.image} ${program.path}`,
  }
}

async function releaseNamed(
  { environment }: Context,
  name: string | null | undefined,
): Promise<(typeof RELEASES)[number] | undefined> {
  const release = RELEASES.find((one) => name === one || name === `io500-${one}`)
  const isFile = release !== undefined && (await exists(resolve(environment.cwd, name!)))
  return isFile ? undefined : release
}

function bundled(release: (typeof RELEASES)[number]): KnownOptions {
  return { schema: schemaOf(release), apis: null, program: null }
}
