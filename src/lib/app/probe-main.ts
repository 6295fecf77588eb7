import { systemHttp } from '../platform/http.js'
import { probeChroma } from '../services/chroma/probe.js'
import type { ProbeResult } from '../jobs/contract.js'
import { probeVllm } from '../services/vllm/probe.js'

/** `node dist/probe.js SERVICE URL [TOKEN_FILE MODEL]`: run beside a server that can't be reached from the login node. Prints one JSON line. */
const [service, url, tokenFile, model] = process.argv.slice(2)

async function probe(): Promise<ProbeResult> {
  if (service === 'chroma') return probeChroma(systemHttp, url)
  return probeVllm(systemHttp, { url, tokenFile: tokenFile || null, model })
}

console.log(JSON.stringify(await probe()))
