import { homedir, hostname, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { existsSync } from 'node:fs'

/** What the process was given by its surroundings, read once. The only place that reads `process.env`. */
export interface Environment {
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly home: string
  readonly hostname: string
  readonly user: string
  readonly cwd: string
  /** Where aibench itself is installed: the folder that holds slurm/ and sif/. */
  readonly installDir: string
  /** `${AIBENCH_HOME}` or `${XDG_STATE_HOME:-~/.local/state}/aibench`. */
  readonly stateDir: string
  /** `${AIBENCH_RUNS_DIR}` or `stateDir/runs`. */
  readonly runsDir: string
  readonly configDir: string
  readonly cacheDir: string
  /** Installed servers: `${XDG_DATA_HOME:-~/.local/share}/aibench`; under AIBENCH_HOME when that is set. */
  readonly dataDir: string
}

/** `AIBENCH_HOME` moves everything together; without it each kind of file goes where XDG says. */
export function readEnvironment(
  variables: Readonly<Record<string, string | undefined>> = process.env,
): Environment {
  const home = variables.HOME || homedir()
  const own = variables.AIBENCH_HOME
  const place = (xdg: string, fallback: string, folder: string) =>
    own ? join(own, folder) : join(variables[xdg] || join(home, fallback), 'aibench')
  const stateDir = own || join(variables.XDG_STATE_HOME || join(home, '.local/state'), 'aibench')
  return {
    variables,
    home,
    hostname: hostname(),
    user: userInfo().username,
    cwd: process.cwd(),
    installDir: findInstallDir(),
    stateDir,
    runsDir: variables.AIBENCH_RUNS_DIR || join(stateDir, 'runs'),
    configDir: place('XDG_CONFIG_HOME', '.config', 'config'),
    cacheDir: place('XDG_CACHE_HOME', '.cache', 'cache'),
    dataDir: place('XDG_DATA_HOME', '.local/share', 'data'),
  }
}

/** The nearest folder above this file with our job scripts: the same for sources and for the bundle. */
function findInstallDir(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'slurm', 'lib.sh')) && dirname(folder) !== folder)
    folder = dirname(folder)
  return folder
}
