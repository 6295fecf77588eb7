import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { atInterrupt } from './at-interrupt.js'

/** A file system of some MiB in memory. */
export interface SmallDisk {
  path: string
  /** Leaves room for so many bytes. */
  fill(leaving: number): void
  makeRoom(): void
  [Symbol.dispose](): void
}

/** @returns undefined where none can be mounted: only root can */
export function smallDisk(folder: string, mebibytes: number): SmallDisk | undefined {
  const path = join(folder, 'disk')
  mkdirSync(path, { recursive: true })
  const options = `size=${mebibytes}m,mode=0700`
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path]).status !== 0)
    return undefined
  const unmount = () => void spawnSync('umount', ['--lazy', path])
  const done = atInterrupt(unmount)
  const filler = join(path, 'filler')
  return {
    path,
    fill(leaving) {
      const { bsize, bavail } = statfsSync(path)
      writeFileSync(filler, Buffer.alloc(Math.max(0, bsize * bavail - leaving)))
    },
    makeRoom: () => rmSync(filler, { force: true }),
    [Symbol.dispose]() {
      unmount()
      done()
    },
  }
}
