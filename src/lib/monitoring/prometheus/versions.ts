/** What a Prometheus can do, by its version. */
export interface Capabilities {
  /** Takes scrape jobs from files of their own. */
  scrapeConfigFiles: boolean
  /** Takes OTLP, where it was built with it. */
  otlp: boolean
  /** Has to be told how to read a target that does not say what its text is. */
  fallbackScrapeProtocol: boolean
  /** Can be told how long what it has discovered waits before it is scraped, by a flag that its help does not show. */
  discoveryReloadInterval: boolean
}

/** @param version as it says it: `3.16.0`; one that is not known is taken for a new one */
export function capabilitiesOf(version: string | null): Capabilities {
  return {
    scrapeConfigFiles: isSince(version, 2, 43),
    otlp: isSince(version, 3, 0),
    fallbackScrapeProtocol: isSince(version, 3, 0),
    discoveryReloadInterval: isSince(version, 2, 36),
  }
}

/** The oldest that was tried; one whose version is not known is given its chance. */
export const OLDEST = '2.42'

export function isTooOld(version: string | null): boolean {
  return !isSince(version, 2, 42)
}

function isSince(version: string | null, major: number, minor: number): boolean {
  const [, first, second] = /^v?(\d+)\.(\d+)/.exec(version ?? '') ?? []
  if (first === undefined) return true
  return Number(first) > major || (Number(first) === major && Number(second) >= minor)
}
