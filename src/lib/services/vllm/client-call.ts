import type { ChatReport, ModelsReport } from './reports.js'

/** What is asked of a server by hand, not for load: plain data, so that it can be asked from beside the server. */
interface Server {
  /** `http://127.0.0.1:8000`; paths are added. */
  url: string
  /** 0600 file with a bearer token; null when none is needed. */
  tokenFile: string | null
  /** As the server names it. */
  model: string
  simulated: boolean
}

export type ClientCall = Server &
  ({ kind: 'chat'; prompt: string; system: string | null; maxTokens: number } | { kind: 'models' })

export interface Reports {
  chat: ChatReport
  models: ModelsReport
}
export type ReportOf<Kind extends ClientCall['kind']> = Reports[Kind]
