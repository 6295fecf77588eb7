import type { MeasuringPath } from '../../instrument/http/access.js'

const TEXT: Readonly<Record<MeasuringPath, string>> = {
  loopback: 'over loopback',
  gate: 'through the token gate',
  network: 'over the network',
  https: 'over https',
}

export function pathText(path: MeasuringPath | undefined): string | undefined {
  return path && TEXT[path]
}

/** The command that repeats a run: of somebody's server with its address and files, as the result remembers it. */
export function againCommand(
  service: string,
  runId: string,
  { again }: Record<string, unknown>,
): string {
  return typeof again === 'string' ? again : `aibench ${service} bench --plan ${runId}`
}
