import type { JobStatus, Trouble } from '../scheduler/contract.js'
import type { Endpoint, ReadyMark, Receipt } from '../scheduler/receipt.js'
import type { Instance } from '../state/schema.js'
import type { BatchProgress, EngineReport, LogStage } from './contract.js'
import type { Exposure } from './exposure.js'
import type { HardwareReport } from './hardware.js'

/** An instance with everything that was found out about it. */
export interface Observation {
  instance: Instance
  /** As the scheduler has it now; undefined when it does not know the job, or nothing is known. */
  job?: JobStatus
  /** Where its members listen, by their names, as they wrote it. */
  endpoints?: Readonly<Record<string, Endpoint>>
  receipt?: Receipt
  /** Of a job that holds its nodes: that it is ready, as it wrote it in this life. */
  ready?: ReadyMark
  /** Of its start-up, from its logs; empty for a service that tells none. */
  stages?: readonly LogStage[]
  /** Of a batch job at work, or of one that holds its nodes and proves itself. */
  progress?: BatchProgress
  /** What it runs on and with; only where it was asked for. */
  facts?: InstanceFacts
  /** Of a guest: in whose allocation it is. */
  holder?: Instance
  /** Of a guest: what changes when its turn comes, and when it ends. */
  turn?: string
  /** Of one that holds its nodes: those that run in it or wait to, in order. */
  guests?: readonly Instance[]
  /** The scheduler could not tell; nothing was concluded from the absence of a job. */
  staleSince?: Date
  /** Why it could not, or what could not be mended. */
  trouble?: Trouble
}

/** What an instance really runs on and with, as its nodes and its log say it. */
export interface InstanceFacts {
  hardware: HardwareReport | null
  engine: EngineReport | null
  exposure?: Exposure
}
