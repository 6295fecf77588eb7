import { afterEach } from 'mocha'

// oclif's test helpers leave an exit code behind, which would become mocha's own.
afterEach(() => {
  process.exitCode = undefined
})
