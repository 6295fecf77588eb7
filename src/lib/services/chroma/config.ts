import type { ChromaOptions } from './options.js'

/** Half a million collections' worth of names: far more than a benchmark makes. */
const METADATA_CACHE = { capacity: 500_000, ttlSeconds: 3_600, parallelism: 16 }

/**
 * The server's configuration without its port, which the job picks. A file and never flags: with flags Chroma ignores its own
 * environment and logs every request. JSON strings are YAML strings.
 *
 * `tuned` keeps collections' metadata in memory: by default every query reads it from SQLite again. All three keys of that
 * section must be there, else the server panics at its start.
 */
export function serverConfig({
  profile,
  persistDir,
}: Pick<ChromaOptions, 'profile'> & { persistDir: string }): string {
  const lines = [
    'listen_address: "127.0.0.1"',
    `persist_path: ${JSON.stringify(persistDir)}`,
    'allow_reset: false',
  ]
  if (profile === 'tuned')
    lines.push(
      'collections_with_segments_provider:',
      '  cache:',
      '    memory:',
      `      capacity: ${METADATA_CACHE.capacity}`,
      `  cache_ttl_secs: ${METADATA_CACHE.ttlSeconds}`,
      `  permitted_parallelism: ${METADATA_CACHE.parallelism}`,
    )
  return lines.join('\n') + '\n'
}
