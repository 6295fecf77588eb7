/** Stood for flags of several services that do not mean the same: nobody can tell any more which was meant. */
const OF_SEVERAL = new Set(
  ['CONCURRENCY', 'DATASET', 'DURATION', 'IMAGE', 'RATE', 'REPEATS', 'SEED', 'SLO', 'URL'].map(
    (name) => `AIBENCH_${name}`,
  ),
)
/** Goes on, for another flag. */
const IN_USE = 'AIBENCH_TIMEOUT'

/**
 * In 0.1.0 every variable was named after its flag alone; now a service's have the service in their name. One of the old that meant one
 * thing is still taken, into the new one's place.
 * @returns what to tell the user, a sentence each
 */
export function takeFormerVariables(
  flags: Readonly<Record<string, { env?: string; aliases?: readonly string[] }>> = {},
  variables: Record<string, string | undefined>,
): string[] {
  return Object.entries(flags).flatMap(([flag, { env, aliases = [] }]) => {
    const former = [flag, ...aliases]
      .map((name) => `AIBENCH_${name.toUpperCase().replaceAll('-', '_')}`)
      .find((name) => variables[name] !== undefined)
    if (!env || !former || former === env || former === IN_USE || variables[env] !== undefined)
      return []
    if (OF_SEVERAL.has(former))
      return [`${former} is no longer read, as it stood for flags of several services: use ${env}`]
    variables[env] = variables[former]
    return [`${former} is called ${env} now`]
  })
}
