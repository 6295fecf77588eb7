import { endOnSignals } from './support/at-interrupt.js'

endOnSignals()

/** A command run in-process leaves an exit code behind, which would become mocha's own. */
export const mochaHooks = {
  afterEach(): void {
    process.exitCode = undefined
  },
}
