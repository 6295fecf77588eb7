import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Directories that real programs left, of all generations; which is which stands in the tests that read them. */
export const SAMPLES = fileURLToPath(new URL('../fixtures/io500/', import.meta.url))

export const sample = (name: string): string => join(SAMPLES, name)

/** All files below, by their names there. */
export function filesOf(name: string): string[] {
  return readdirSync(sample(name), { recursive: true, encoding: 'utf8' }).filter((file) =>
    statSync(join(sample(name), file)).isFile(),
  )
}

export const textOf = (name: string): string => readFileSync(sample(name), 'utf8')
