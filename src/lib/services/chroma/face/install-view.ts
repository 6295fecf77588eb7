import { formatBytes, formatDuration } from '../../../platform/units.js'
import type { InstallReport } from '../install.js'

export function installView({
  dir,
  version,
  sha256,
  unchanged,
  bytes,
  ms,
  command,
}: InstallReport): string {
  const how = unchanged
    ? 'was there already'
    : `installed in ${formatDuration(ms)}, ${formatBytes(bytes)}`
  return [
    `chroma ${version} ${how}: ${dir}`,
    `sha256 ${sha256.slice(0, 16)}… · ${command} --version`,
  ].join('\n')
}
