// Bundles everything into dist/: no package is needed at run time. Then the manifest, the schemas, the command reference and the dashboards.
import { execFileSync } from 'node:child_process'
import { copyFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

/**
 * Of oclif a command uses the parser, the flags and the base class. What the rest would load (plugins, help, spinners, themes) is left
 * out of the bundle: it would be most of a command's start-up time.
 */
const withoutUnusedOclif = {
  name: 'without-unused-oclif',
  setup({ onLoad }) {
    const unused = /@oclif\/core\/lib\/(help\/(index|util)|errors\/handle|ux\/index)\.js$/
    onLoad({ filter: unused }, () => ({ contents: 'module.exports = {}' }))
    // Ours is passed in ready.
    onLoad({ filter: /@oclif\/core\/lib\/config\/index\.js$/ }, () => ({
      contents: 'exports.Config = { load: async (config) => config }',
    }))
  },
}

/** Signals are ours alone (cli/interrupt.ts): the package by which conf would raise them again, behind our back, does nothing. */
const withoutSignalHandlers = {
  name: 'without-signal-handlers',
  setup({ onLoad }) {
    onLoad({ filter: /when-exit\/dist\/node\/index\.js$/ }, () => ({
      contents: 'export default () => () => undefined',
    }))
  },
}

/** Packages that only some commands need are files of their own; all that is always needed is one file, for one open() of it. */
const lazyPackages = new Set()
const packagesBeside = {
  name: 'packages-beside',
  setup({ onResolve }) {
    onResolve({ filter: /^[a-z@]/ }, ({ kind, path }) => {
      if (kind !== 'dynamic-import' || path.startsWith('node:') || optional.includes(path)) return
      lazyPackages.add(path)
      return { path: `./packages/${path.replace(/\.js$/, '')}.js`, external: true }
    })
  },
}

/** Optional parts of packages, which load them only if they are there. */
const optional = [
  '@chroma-core/default-embed',
  'chromadb-js-bindings-*',
  'typescript',
  'ts-node',
  'tsx',
  'tsx/*',
]

const shared = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  legalComments: 'linked',
  external: optional,
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
}

rmSync('dist', { recursive: true, force: true })
await build({
  ...shared,
  entryPoints: {
    main: 'src/lib/app/main.ts',
    complete: 'src/lib/cli/completion/main.ts',
    worker: 'src/lib/app/worker-main.ts',
    watchdog: 'src/lib/instrument/process/watchdog.ts',
    'truth-thread': 'src/lib/instrument/vectors/truth/truth-thread.ts',
    beside: 'src/lib/app/beside-main.ts',
    filesystem: 'src/lib/app/filesystem-main.ts',
    monitors: 'src/lib/app/monitors-main.ts',
    simulator: 'src/lib/simulator/main.ts',
    gate: 'src/lib/gate/main.ts',
    exporter: 'src/lib/exporter/main.ts',
  },
  outdir: 'dist',
  plugins: [withoutUnusedOclif, packagesBeside],
})
// What pages with charts have in them, for browsers.
await build({
  entryPoints: { charts: 'src/lib/charts/browser/main.ts' },
  outdir: 'dist',
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['chrome105', 'firefox113', 'safari16.4'],
  legalComments: 'inline',
})
await build({
  ...shared,
  entryPoints: [...lazyPackages],
  outdir: 'dist/packages',
  // WebAssembly stands in one of them as text: in ASCII it would be a third larger.
  charset: 'utf8',
  plugins: [withoutSignalHandlers],
  splitting: true,
  chunkNames: '[name]-[hash]',
})
// It wants its notice kept, and has it in no comment.
copyFileSync('node_modules/h5wasm/LICENSE.txt', 'dist/packages/h5wasm/LICENSE.txt')
const run = (script) =>
  execFileSync(process.execPath, ['--import', 'tsx', script], { stdio: 'inherit' })
run('scripts/manifest.mjs')
run('scripts/schemas.mjs')
run('scripts/reference.mjs')
run('scripts/dashboards.ts')
