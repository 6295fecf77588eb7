import { resolve } from 'node:path'
import lock from '../../../sif/images.lock.json' with { type: 'json' }
import { UsageError } from '../platform/errors.js'
import { exists, isFolder, sha256OfFile } from '../platform/files.js'
import type { Context } from './contract.js'

export type ImageName = keyof typeof lock.images

/** The command that fetches an image as `sif/images.lock.json` names it, into a file of its name. */
export function pullCommand(name: ImageName): string {
  const { reference, digest } = lock.images[name] as { reference: string; digest: string | null }
  return `apptainer pull ${name}.sif ${digest === null ? reference : `${reference}@${digest}`}`
}

/**
 * The image that was asked for, with the hash that says in every result which one it was.
 * @param hints how to get one
 * @throws UsageError when it is not there, or is a folder (a sandbox), of which no hash can say what it was
 */
export async function findImage(
  { environment, progress }: Context,
  image: string,
  hints: readonly string[],
): Promise<{ path: string; sha256: string }> {
  const path = resolve(environment.cwd, image)
  if (!(await exists(path))) throw new UsageError(`There is no image ${path}`, { hints })
  if (await isFolder(path))
    throw new UsageError(`${path} is a folder; an image is one file`, {
      code: 'AIB_IMAGE_FOLDER',
      hints: [`apptainer build image.sif ${image}`],
    })
  const step = progress.step('image')
  const sha256 = await sha256OfFile(path)
  step.done(`sha256 ${sha256.slice(0, 12)}…`)
  return { path, sha256 }
}
