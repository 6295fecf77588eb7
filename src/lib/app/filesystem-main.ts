import { systemClock } from '../platform/clock.js'
import { readEnvironment } from '../platform/environment.js'
import { runFilesystemJob } from '../services/lustre/job/main.js'

/** `node dist/filesystem.js VERB …`: what runs in the jobs of a file system's benchmark, on the first node and on all of them. */
process.exitCode = await runFilesystemJob(process.argv.slice(2), {
  clock: systemClock,
  environment: readEnvironment(),
})
