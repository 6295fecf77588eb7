import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface FakeGpu {
  name?: string
  uuid?: string
  memoryMiB?: number
  usedMiB?: number
  /** Parts of it, as `nvidia-smi -L` names them: profile and id. */
  mig?: readonly { profile: string; uuid: string }[]
}

/** With --loop-ms it says the same again, and ends when nobody reads it. Ten times as often, for tests. */
const LOOP = `answer "$@" || exit
until [[ $* != *--loop-ms* ]]; do sleep 0.1; answer "$@" || exit; done
`

/** What the exporter asks of drivers from 535 on. */
const CLOCKS =
  'index,uuid,name,driver_version,utilization.gpu,memory.used,memory.total,power.draw,' +
  'clocks.sm,clocks.mem,temperature.gpu,clocks_event_reasons.active'
const DRIVER = '580.159.04'

/**
 * A stand-in for nvidia-smi that answers as driver 580 does: what is asked by --query-gpu, and -L.
 * @returns the folder to put on PATH
 */
export function fakeNvidiaSmi(folder: string, gpus: readonly FakeGpu[], fails = ''): string {
  const bin = join(folder, 'fake-nvidia')
  mkdirSync(bin, { recursive: true })
  const all = gpus.map((gpu, index) => ({
    ...{ name: 'NVIDIA H100 80GB HBM3', uuid: `GPU-000000${index}-aaaa`, memoryMiB: 81559 },
    ...{ usedMiB: 0, mig: [], index },
    ...gpu,
  }))
  const rows = (fields: (gpu: (typeof all)[number]) => unknown[]) =>
    all.map((gpu) => fields(gpu).join(', ')).join('\n')
  const answers: Record<string, string> = {
    '--query-gpu=index,name,uuid,memory.total,driver_version': rows((gpu) => [
      ...[gpu.index, gpu.name, gpu.uuid, gpu.memoryMiB, DRIVER],
    ]),
    '--query-gpu=index,name,uuid,memory.total,memory.used': rows((gpu) => [
      ...[gpu.index, gpu.name, gpu.uuid, gpu.memoryMiB, gpu.usedMiB],
    ]),
    '--query-gpu=index,uuid,utilization.gpu,memory.used,power.draw': rows((gpu) => [
      ...[gpu.index, gpu.uuid, 41, gpu.usedMiB, '348.12'],
    ]),
    [`--query-gpu=${CLOCKS}`]: rows((gpu) => [
      ...[gpu.index, gpu.uuid, gpu.name, DRIVER, 41, gpu.usedMiB, gpu.memoryMiB, '348.12'],
      ...[1980, 2619, 45, '0x0000000000000004'],
    ]),
    '-L': all
      .flatMap(({ index, name, uuid, mig }) => [
        `GPU ${index}: ${name} (UUID: ${uuid})`,
        ...mig.map(
          (part, device) => `  MIG ${part.profile}     Device  ${device}: (UUID: ${part.uuid})`,
        ),
      ])
      .join('\n'),
  }
  const cases = Object.entries(answers)
    .map(([arg, text]) => `  '${arg}') cat <<'ROWS'\n${text}\nROWS\n  ;;`)
    .join('\n')
  const failure = fails === '' ? '' : `echo '${fails}'; exit 9\n`
  const path = join(bin, 'nvidia-smi')
  writeFileSync(
    path,
    `#!/bin/bash\n${failure}answer() { case $1 in\n${cases}\n  *) echo "Field \\"\${1##*,}\\" is not a valid field to query."; exit 2 ;;\nesac; }\n${LOOP}`,
  )
  chmodSync(path, 0o755)
  chmodSync(bin, 0o755)
  return bin
}
