import { systemHttp } from '../../platform/http.js'
import { probeChroma } from './probe.js'

/** `node dist/probe.js URL`: run beside a server that can't be reached from the login node. Prints one JSON line. */
console.log(JSON.stringify(await probeChroma(systemHttp, process.argv[2])))
