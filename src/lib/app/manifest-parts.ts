import type { Manifest } from '../cli/manifest.js'
import { loadPages, loadTopics } from './catalog.js'
import { knownSettings } from './settings.js'

/** What help and completion read of the program beside its commands; asked once, when it is built. */
export async function manifestParts(): Promise<Omit<Manifest, 'version' | 'commands'>> {
  const services = Object.entries(await loadTopics())
  return {
    topics: {
      ...Object.fromEntries(services.map(([name, topic]) => [name, { ...topic, isService: true }])),
      runs: { summary: 'List benchmark runs and show their results.', isService: false },
      config: { summary: 'Read and change your settings.', isService: false },
      state: { summary: 'Inspect and repair the state file.', isService: false },
    },
    pages: await loadPages(),
    settings: Object.fromEntries(
      [...(await knownSettings()).values()].map(({ name, meaning, option }) => [
        name,
        { meaning, choices: option.words.choices },
      ]),
    ),
  }
}
