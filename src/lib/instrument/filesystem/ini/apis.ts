import type { Config } from './ini.js'
import { valueIn, type IniSchema } from './schema.js'

/** Back ends that IOR can be built with. Source: hpc/ior, src/aiori-*.c, 2026. */
export const BACK_ENDS = [
  ...['POSIX', 'MPIIO', 'MMAP', 'AIO', 'DFS', 'HDF5', 'NCMPI', 'HDFS', 'IME', 'PMDK', 'RADOS'],
  ...['CEPHFS', 'Gfarm', 'CHFS', 'FINCHFS', 'LIBNFS', 'S3-libs3', 'S3-curl', 'S3-4c', 'S3_plus'],
  ...['S3_EMC', 'DUMMY'],
] as const

/** Those with which mdtest ends at once. Source: `enable_mdtest` there. */
const WITHOUT_MDTEST = ['mpiio', 'mmap', 'hdf5', 'ncmpi', 'pmdk', 'rados', 's3_plus', 's3_emc']

export const isWithoutMdtest = (backEnd: string) => WITHOUT_MDTEST.includes(backEnd.toLowerCase())

/** `POSIX --posix.odirect` */
export function backEndOf(api: string): string {
  return api.trim().split(/\s+/)[0]
}

export function isDirect(api: string): boolean {
  return /(?:^|\s)--posix\.odirect(?!=0|\w)/i.test(api)
}

export interface ApiChoice {
  value: string
  /** Where it is set. */
  section: string
  option: string
}

/** What a phase uses: its own, else that of its group (`ior-easy` of `ior-easy-write`), else the one for all. */
export function apiOf(config: Config, schema: IniSchema, phase: string): ApiChoice {
  for (const section of [phase, groupOf(phase)]) {
    const value = valueIn(config, schema, section, 'api')
    if (value !== null) return { value, section, option: 'API' }
  }
  const value = valueIn(config, schema, 'global', 'api') ?? 'POSIX'
  return { value, section: 'global', option: 'api' }
}

/** The section that holds what the phases of one kind share; itself where there is none. */
export function groupOf(phase: string): string {
  const [, group] =
    /^((?:ior|mdtest)-(?:easy|hard)|mdworkbench|ior-rnd\w*)-/.exec(phase.toLowerCase()) ?? []
  if (phase.toLowerCase() === 'ior-rnd4k-easy-read') return 'ior-easy'
  return group ?? phase.toLowerCase()
}
