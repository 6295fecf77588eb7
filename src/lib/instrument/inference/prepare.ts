import type { OpenedAccess } from '../http/access.js'
import { phase } from '../load/phase.js'
import { NextSteps } from '../next-steps.js'
import { modelOf, versionOf } from './models.js'
import { timeoutsOf } from './openai.js'
import type { InferenceConfig, InferenceEvent } from './plan.js'
import { apiFeaturesOf, type ServerInfo } from './preflight.js'
import { ALL_FEATURES } from './request-writer.js'
import type { Structured } from './result.js'
import { afterRepeats } from './schedule.js'
import { probeStructured } from './structured-probe.js'
import { InferenceWorkload } from './workload.js'

/** What is known before the first measured request. */
export interface Prepared {
  server: ServerInfo
  workload: InferenceWorkload
  /** How constraints are sent, and whether the server was seen to keep to them; null of a dataset without any. */
  structured: { kind: string; field: string; probe: Structured['probe'] } | null
}

/** What the server is and understands, and the data. */
export async function prepareInference(
  config: InferenceConfig,
  access: OpenedAccess,
  emit: (event: InferenceEvent) => void,
  signal: AbortSignal,
): Promise<Prepared> {
  const { plan, url } = config
  const next = new NextSteps(config)
  const { server, listed } = await phase(emit, 'server', async () => {
    const address = { http: access.http, url, token: null, model: config.model, next }
    const { model, maxModelLen, listed } = await modelOf(address)
    const version = await versionOf(address)
    const found: ServerInfo = {
      model,
      maxModelLen,
      version,
      salt: plan.salt ?? config.runId,
      features: { ...ALL_FEATURES },
      trouble: null,
    }
    return [{ server: found, listed }, `${model}${version ? ` · vLLM ${version}` : ''}`]
  })
  const workload = await phase(emit, 'dataset', async () => {
    const loaded = await InferenceWorkload.load(config, server, access)
    const { name, hash } = loaded.dataset
    return [loaded, `${name} · sha256 ${hash.slice(0, 8)}…`]
  })
  const { writer, dataset } = workload
  const limits = { timeouts: timeoutsOf(plan.timeouts), signal }
  const item = dataset.item(afterRepeats(plan) + plan.numPrompts)
  const seen = await apiFeaturesOf(writer.options, item, limits, { listed, next })
  // The features are the writer's too: one object.
  Object.assign(server.features, seen.features)
  server.trouble = seen.trouble
  const structured = await probeStructured(workload, plan, server.version, limits)
  return { server, workload, structured }
}
