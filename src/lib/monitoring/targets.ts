/** Something that has figures: one or several addresses with the same labels and the same secret. */
export interface ScrapeTarget {
  /** Unique; also the name of its file: letters, digits, `.`, `_` and `-`. */
  name: string
  /** On every series of it. */
  labels: Readonly<Record<string, string>>
  endpoints: readonly Endpoint[]
  credentials: Credentials | null
  /** A page of more samples than this is not taken; 0 is no limit. */
  sampleLimit: number
}

export interface Endpoint {
  /** Without a path: `http://10.1.2.3:38211`. */
  url: string
  path: string
  /** The label `job`: what it is. */
  job: string
}

/** What it asks for. The files can be read where Prometheus runs. */
export type Credentials =
  { kind: 'bearer'; file: string } | { kind: 'basic'; user: string; file: string }

/** How more than a usual number of samples is kept from filling the disk. */
export const SAMPLE_LIMIT = 10_000

/** RUN_DIR/targets.json of monitors: what is asked for its figures, and how that goes. Written by the agent of their job alone. */
export interface TargetsFile {
  /** ISO 8601, UTC; as all times here. */
  at: string
  targets: TargetRecord[]
  /** What does not go as it should, in sentences. */
  trouble: string[]
  /** On the disk of the figures; null where it can't be told. */
  freeBytes: number | null
}

export interface TargetRecord {
  /** Of the target that it belongs to. */
  name: string
  /** The kind of service; null of what is not one of ours. */
  service: string | null
  /** The id of the instance. */
  instance: string | null
  node: string | null
  job: string
  url: string
  /** When it was first asked for, by the agent. */
  attachedAt: string
  /** When it was first seen to answer; null until then. */
  upAt: string | null
  /** How often it was seen to answer. */
  scrapes: number
  /** In its last answer; null until it was counted. */
  samples: number | null
  lastScrapeAt: string | null
  /** Why it does not answer, as Prometheus says it. */
  error: string | null
}

export const TARGETS_FILE = 'targets.json'
