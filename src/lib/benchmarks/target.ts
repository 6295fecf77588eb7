import type { MeasuringPath, ServerAddress } from '../instrument/http/access.js'
import type { Observation } from '../jobs/observation.js'

/** Where the load goes: an instance of ours, or somebody's server of which only the address is known. */
export interface Target {
  label: string
  url: string
  /** What of it is measured, by its options: the name of a model; null where only the server knows. */
  subject: string | null
  observation: Observation | null
  beside(argv: readonly string[]): readonly string[]
  serverPid: number | null
  /** 0600; null when the server asks for none. */
  tokenFile: string | null
  /** Of somebody's server. */
  server: ServerAddress | null
  /** Names of the headers that the user added. */
  headers: readonly string[]
  path: MeasuringPath
  /** It is our simulator, by its options or by its own word. */
  simulated: boolean
}
