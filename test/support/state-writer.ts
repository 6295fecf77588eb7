import { systemClock } from '../../src/lib/platform/clock.js'
import { readEnvironment } from '../../src/lib/platform/environment.js'
import { openState } from '../../src/lib/state/store.js'
import { instanceWith } from './instances.js'

/** `state-writer FOLDER NAME COUNT`: adds so many instances, one update each. */
const [folder, name, count] = process.argv.slice(2)
const environment = readEnvironment({ ...process.env, AIBENCH_HOME: folder })
const store = openState({ environment, clock: systemClock, version: '0.0.0-test' })
for (let i = 0; i < Number(count); i++)
  await store.update((draft) => {
    const id = `${name}-${i}`
    draft.instances[id] = instanceWith({ id, name: id })
  })
