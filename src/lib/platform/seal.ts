import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isFolder, sha256OfFile, writeAtomically } from './files.js'

/** Of what a job reads that nobody may change after it was submitted. Secrets are renewed and logs grow; job.json is ours to write. */
const OPEN = /\.(token|header|log|json|sums)$/
const SUMS = 'job.sums'

/** The folders below a job's own that hold what it runs. */
const FOLDERS = ['', 'lib/']

/**
 * Writes the sums of the files that a job will run and read, for `sha256sum --check`.
 * @returns the sum of the sums: what goes with the job, where nobody else can change it
 */
export async function sealFolder(folder: string): Promise<string> {
  const names = (await Promise.all(FOLDERS.map((below) => sealedNames(folder, below)))).flat()
  const lines: string[] = []
  for (const name of names) lines.push(`${await sha256OfFile(join(folder, name))}  ${name}\n`)
  await writeAtomically(join(folder, SUMS), lines.join(''))
  return createHash('sha256').update(lines.join('')).digest('hex')
}

async function sealedNames(folder: string, below: string): Promise<string[]> {
  if (!(await isFolder(join(folder, below)))) return []
  return (await readdir(join(folder, below), { withFileTypes: true }))
    .filter((entry) => entry.isFile() && /^[\w.-]+$/.test(entry.name) && !OPEN.test(entry.name))
    .map(({ name }) => below + name)
    .sort()
}
