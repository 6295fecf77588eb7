import { readFileSync } from 'node:fs'
import type { Environment } from './environment.js'

/** A cluster as its configuration names it. */
interface NamedCluster {
  name: string
  /** `login01:6817`. */
  controller: string | null
}

/** Where slurm.conf is: named, as packaged, and what a node without one was given by its controller. */
const PLACES = ['/etc/slurm/slurm.conf', '/run/slurm/conf/slurm.conf', '/etc/slurm-llnl/slurm.conf']
const DEFAULT_PORT = '6817'

/**
 * The cluster that Slurm's commands speak to by default, from its configuration file: costs no question to the controller.
 * @returns undefined where there is no file that can be read
 */
export function configuredCluster({
  variables,
}: Pick<Environment, 'variables'>): NamedCluster | undefined {
  for (const path of variables.SLURM_CONF ? [variables.SLURM_CONF] : PLACES) {
    try {
      return parseCluster(readFileSync(path, 'utf8'))
    } catch {
      // The next place.
    }
  }
  return undefined
}

/**
 * From slurm.conf or `scontrol show config`: `ClusterName = lab`, `SlurmctldHost[0] = login01(10.0.0.1)`, `SlurmctldPort=6817-6820`.
 * @returns undefined when no name is in it
 */
export function parseCluster(text: string): NamedCluster | undefined {
  const value = (name: string) =>
    new RegExp(`^\\s*${name}\\s*=\\s*([^\\s#]+)`, 'im').exec(text)?.[1]
  const name = value('ClusterName')
  if (!name) return undefined
  const host = (value('SlurmctldHost(?:\\[0\\])?') ?? value('ControlMachine'))?.replace(/\(.*/, '')
  return { name, controller: host ? `${host}:${value('SlurmctldPort') ?? DEFAULT_PORT}` : null }
}

/** Names of files that belong to one cluster; a home may be shared by several. */
export function clusterKey(environment: Pick<Environment, 'variables' | 'hostname'>): string {
  const cluster = configuredCluster(environment)
  const words = cluster ? [cluster.name, cluster.controller] : ['host', environment.hostname]
  return words.join('-').replaceAll(/[^\w.-]+/g, '_')
}
