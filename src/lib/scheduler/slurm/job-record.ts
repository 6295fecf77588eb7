import { statusOf, type QueuedJob } from './queue.js'
import { codeOfState } from './states.js'

/**
 * Reads `scontrol show job ID`: `Key=Value` pairs, several on a line where values have no blanks, else one on a line of its own.
 * Source: scontrol's own output, Slurm 22.05 to 26.05.
 * @returns undefined when it is about no job
 */
export function parseJobRecord(text: string): QueuedJob | undefined {
  const id = /^JobId=(\d+)/m.exec(text)?.[1]
  if (!id) return undefined
  const word = (key: string) => new RegExp(`(?:^|\\s)${key}=(\\S+)`).exec(text)?.[1] ?? ''
  const line = (key: string) => new RegExp(`^\\s*${key}=(.*)$`, 'm').exec(text)?.[1] ?? ''
  const status = statusOf({
    id,
    code: codeOfState(word('JobState')),
    reason: /Reason=(.*?) Dependency=/.exec(text)?.[1] ?? word('Reason'),
    nodes: word('NodeList'),
    partition: word('Partition'),
    qos: word('QOS'),
    submitted: word('SubmitTime'),
    start: word('StartTime'),
    end: word('EndTime'),
    user: word('UserId').replace(/\(.*/, ''),
    workDir: line('WorkDir'),
    comment: line('Comment'),
    name: /JobName=(.*)$/m.exec(text)?.[1] ?? '',
  })
  const [code, signal] = word('ExitCode').split(':').map(Number)
  const restarts = Number(word('Restarts'))
  const outcome = status.outcome && {
    ...status.outcome,
    exitCode: Number.isInteger(code) && signal === 0 ? code : null,
  }
  return { ...status, outcome, restarts: Number.isInteger(restarts) ? restarts : undefined }
}
