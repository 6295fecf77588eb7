// Bundles everything into dist/: no package is needed at run time. Then the manifest, the schemas and the command reference.
import { execFileSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

const commands = readdirSync('src/commands', { recursive: true })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => [`commands/${name.slice(0, -3)}`, join('src/commands', name)])

rmSync('dist', { recursive: true, force: true })
await build({
  entryPoints: Object.fromEntries([
    ...commands,
    ['main', 'src/lib/cli/main.ts'],
    ['complete', 'src/lib/cli/completion/main.ts'],
    ['worker', 'src/lib/bench/worker.ts'],
    ['probe', 'src/lib/services/chroma/probe-main.ts'],
  ]),
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  legalComments: 'linked',
  chunkNames: 'chunks/[name]-[hash]',
  // Optional parts of packages, which load them only if they are there.
  external: [
    '@chroma-core/default-embed',
    'chromadb-js-bindings-*',
    'typescript',
    'ts-node',
    'tsx',
    'tsx/*',
  ],
  // What CommonJS packages expect to find.
  banner: {
    js: [
      "import{createRequire as aibenchRequire}from'node:module';",
      "import{fileURLToPath as aibenchPath}from'node:url';",
      "import{dirname as aibenchDir}from'node:path';",
      'const require=aibenchRequire(import.meta.url);',
      'const __filename=aibenchPath(import.meta.url),__dirname=aibenchDir(__filename);',
    ].join(''),
  },
  logLevel: process.argv.includes('--quiet') ? 'error' : 'warning',
})
const run = (script) =>
  execFileSync(process.execPath, ['--import', 'tsx', script], { stdio: 'inherit' })
run('scripts/manifest.mjs')
run('scripts/schemas.mjs')
run('scripts/reference.mjs')
