import type { Instance } from '../../../state/schema.js'
import type { JobContext } from './context.js'

/** As the job's script calls it. */
export function nodeName({ environment }: Pick<JobContext, 'environment'>): string {
  return environment.variables.SLURMD_NODENAME || environment.hostname
}

/** On every series of what runs as an instance on a node. */
export function labelsOf(
  { service, name, id, jobId }: Pick<Instance, 'service' | 'name' | 'id' | 'jobId'>,
  node: string,
): Record<string, string> {
  return { service, name, instance_id: id, slurm_job_id: jobId ?? '', node }
}
