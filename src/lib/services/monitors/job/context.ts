import type { Clock } from '../../../platform/clock.js'
import type { Environment } from '../../../platform/environment.js'
import type { Http } from '../../../platform/http.js'
import type { Processes } from '../../../platform/processes.js'

/** What a program that runs in the job of the monitors may touch. */
export interface JobContext {
  clock: Clock
  environment: Environment
  http: Http
  processes: Processes
  /** Aborted when the job is told to end. */
  stop: AbortSignal
  /** A line of the job's log. */
  say(text: string): void
}

/** The folder of the job on its node: its script says where. */
export function scratchOf({ environment }: Pick<JobContext, 'environment'>): string {
  return environment.variables.AIBENCH_SCRATCH!
}
