import { readdirSync, readFileSync } from 'node:fs'

/** Files of /proc and /sys: small, and in memory, so they are read at once. A node that lacks one has fewer figures. */

/** @returns undefined when it is not there or can't be read */
export function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** @returns no lines when it is not there */
export function linesOf(path: string): string[] {
  return textOf(path)?.split('\n').filter(Boolean) ?? []
}

export function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir).sort()
  } catch {
    return []
  }
}

/** @returns null when it is not there, or holds no number */
export function numberIn(path: string): number | null {
  const text = textOf(path)?.trim()
  return text !== undefined && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : null
}
