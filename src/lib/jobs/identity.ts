import { jobNameOf, type JobIdentity } from '../scheduler/contract.js'
import type { Instance } from '../state/schema.js'

/** What proves a job to be this instance's. */
export function identityOf(instance: Instance): JobIdentity {
  const { id, service, token, runDir } = instance
  // An older aibench wrote `1234;cluster`.
  const [jobId = null, named] = instance.jobId?.split(';') ?? []
  return {
    id: jobId,
    token,
    name: jobNameOf({ name: `${service}-${id}` }),
    runDir,
    cluster: instance.cluster ?? (named ? { name: named, controller: null } : null),
  }
}
