import type { Cluster } from '../contract.js'

export type Kinship = 'same' | 'namesake' | 'other'

/** Two controllers of one name are two clusters, as far as anybody can tell. */
export function kinshipOf(home: Cluster | undefined, wanted: Cluster | null): Kinship {
  if (!home || !wanted) return 'same'
  if (home.name !== wanted.name) return 'other'
  const differ = home.controller && wanted.controller && home.controller !== wanted.controller
  return differ ? 'namesake' : 'same'
}
