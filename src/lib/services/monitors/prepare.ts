import { join } from 'node:path'
import type { Context, Place, Preparation } from '../../jobs/contract.js'
import { writeAtomically } from '../../platform/files.js'
import { warningS } from '../../scheduler/warning.js'
import { SERVERS, type MonitorsOptions, type Server } from './options.js'
import { writePlan, type ProgramPlan } from './plan.js'
import { describePrograms, findMonitor } from './programs.js'
import { placeOfTsdb, refuseShared } from './tsdb-place.js'

/** Writes what `slurm/monitors.sh` and the programs of the job read: the plan, and the command of ours. */
export async function prepareMonitors(
  context: Context,
  options: MonitorsOptions,
  { runDir, scheduler, resources }: Place,
): Promise<Preparation> {
  const { tsdbDir, allowSharedTsdb, scrapeIntervalMs, retention, archive = null } = options
  // A folder that is not to be seen from here is looked at in the job.
  const place = tsdbDir === null ? undefined : await placeOfTsdb(tsdbDir).catch(() => undefined)
  if (place) refuseShared(place, allowSharedTsdb)
  const programs: Partial<Record<Server, ProgramPlan>> & { prometheus: ProgramPlan } = {
    prometheus: await findMonitor(context, 'prometheus', options),
  }
  for (const server of SERVERS)
    if (server !== 'prometheus' && options.with?.includes(server))
      programs[server] = await findMonitor(context, server, options)
  const listen = scheduler === 'local' || options.loopback ? 'loopback' : 'node'
  await writePlan(runDir, {
    schema: 'monitors-plan/1',
    stateDir: context.environment.stateDir,
    ...{ scrapeIntervalMs, retention, tsdbDir, allowSharedTsdb, programs, archive },
    listen,
    timeLimitMs: resources.timeLimitMs,
  })
  const apptainer = context.settings.get('apptainer.command')
  const ours = [process.execPath, join(context.environment.installDir, 'dist', 'monitors.js')]
  await writeAtomically(join(runDir, 'monitors'), ours.map((word) => `${word}\n`).join(''))
  return {
    environment: {
      AIBENCH_LISTEN: listen,
      AIBENCH_BIND: tsdbDir ?? '',
      AIBENCH_WARNED_S: String(warningS(resources)),
      ...(apptainer ? { AIBENCH_APPTAINER: apptainer } : {}),
    },
    description: describePrograms(programs),
    warnings: place?.shared ? [`the data are on ${place.shared}: a crash can destroy them`] : [],
    provenance: { programs, scrapeIntervalMs, retention },
  }
}
