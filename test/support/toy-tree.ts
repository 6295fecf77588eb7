import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './cli.js'

/** Services that nobody ships: each is a folder of `test/toys/`, laid out as in the tree, and the lines of the catalog that `catalog.json` names. */
export const TOYS = join(ROOT, 'test/toys')
const CATALOG = 'src/lib/app/catalog.ts'
/** Those that are tested on their own too. */
export const SCRIPTS: Readonly<Record<string, string | undefined>> = {
  toy: 'toy-server.sh',
  toystack: 'toy-stack.sh',
  toybatch: 'toy-batch.sh',
}
/** What a build reads, and what it makes. */
const COPIED = [
  ...['bin', 'src', 'slurm', 'sif', 'scripts', 'schemas', 'docs'],
  ...['package.json', 'tsconfig.json', 'README.md', 'oclif.manifest.json', 'LICENSE'],
]

/** A copy of the tree in which toys are planted by `docs/adding-a-service.md`, and nothing else is done. */
export class ToyTree {
  readonly root = mkdtempSync(join(tmpdir(), 'aibench-toys-'))

  constructor(readonly toys: readonly string[]) {}

  /** What a newcomer does: own files, and the line in the catalog. */
  plant(): void {
    for (const name of COPIED) cpSync(join(ROOT, name), join(this.root, name), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), join(this.root, 'node_modules'))
    for (const toy of this.toys) {
      cpSync(join(TOYS, toy, 'tree'), this.root, { recursive: true })
      const script = SCRIPTS[toy]
      if (script)
        cpSync(join(ROOT, 'test/fixtures/slurm', script), join(this.root, 'slurm', script))
      this.#enterInCatalog(toy)
    }
  }

  /** A line for each table of the catalog that the toy belongs to, before the table's end. */
  #enterInCatalog(toy: string): void {
    const lines = JSON.parse(readFileSync(join(TOYS, toy, 'catalog.json'), 'utf8')) as Record<
      string,
      string
    >
    const path = join(this.root, CATALOG)
    let text = readFileSync(path, 'utf8')
    for (const [table, line] of Object.entries(lines)) {
      const start = text.indexOf(`const ${table}`)
      const end = text.indexOf('\n}', start)
      if (start < 0 || end < 0) throw new Error(`the catalog has no table ${table}`)
      text = `${text.slice(0, end)}\n  ${line}${text.slice(end)}`
    }
    writeFileSync(path, text)
  }

  /** As `npm run build`. */
  build(): void {
    this.#run('node', 'scripts/build.mjs', '--quiet')
  }

  /** What the compiler says of the tree with the toys in it; empty when nothing. */
  typeErrors(): string {
    const { stdout } = spawnSync('npx', ['tsc', '--noEmit', '-p', 'tsconfig.json'], {
      cwd: this.root,
      encoding: 'utf8',
    })
    return stdout
  }

  /** Files that differ from the tree without toys, or are new; nothing that a build makes. */
  changes(): string[] {
    return filesOf(this.root).filter((name) => {
      if (isMade(name)) return false
      try {
        return !readFileSync(join(ROOT, name)).equals(readFileSync(join(this.root, name)))
      } catch {
        return true
      }
    })
  }

  #run(command: string, ...args: string[]): void {
    const { status, stderr } = spawnSync(command, args, { cwd: this.root, encoding: 'utf8' })
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}

export function filesOf(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort()
}

function isMade(name: string): boolean {
  return /^(dist\/|schemas\/|docs\/commands\.md$|oclif\.manifest\.json$)/.test(name)
}
