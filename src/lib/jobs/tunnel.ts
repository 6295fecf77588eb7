import type { EndpointRecord, Instance } from '../state/schema.js'
import { wayIn } from './addresses.js'
import type { Context } from './contract.js'
import { membersOf, recordOf } from './members.js'

export interface Tunnel {
  /** To be typed on one's own machine. Ends at once when a port is taken there: the browser would meet another program. */
  command: string
  /** The same as a block of `~/.ssh/config`: then it is `ssh -N NAME`. */
  config: string
}

interface Forward {
  host: string
  port: number
}

/**
 * One ssh for all servers of an instance, each on its own port. Those that listen on their node's address are reached from the login node;
 * one that listens on the loopback takes a jump to its node, which not every site allows. Only useful from elsewhere; a local instance needs none.
 */
export function tunnelTo(context: Context, instance: Instance): Tunnel | null {
  if (instance.scheduler === 'local' || instance.phase === 'ended') return null
  const endpoints = membersOf(context, instance)
    .filter(({ isInner }) => isInner !== true)
    .map((member) => recordOf(instance, member))
    .flatMap(({ endpoint, failed }) => (endpoint && failed === null ? [endpoint] : []))
  if (endpoints.length === 0) return null
  const [{ node }] = endpoints
  const forwards = endpoints.filter((endpoint) => endpoint.node === node).map(wayIn)
  const { user, hostname } = context.environment
  const login = context.settings.get('login.tunnel') ?? `${user}@${hostname}`
  const jumps = endpoints.some(isOnLoopback)
  const way = jumps ? { host: node, user, jump: login } : placeOf(login)
  return { command: commandOf(way, forwards), config: configOf(instance.name, way, forwards) }
}

function isOnLoopback(endpoint: EndpointRecord): boolean {
  return ['127.0.0.1', '::1'].includes(wayIn(endpoint).host)
}

interface Way {
  host: string
  user?: string
  port?: string
  jump?: string
}

/** `me@login.example.org:8822` */
function placeOf(login: string): Way {
  const [, user, host, port] = /^(?:(.*)@)?(.*?)(?::(\d+))?$/.exec(login)!
  return { host, user, port }
}

function commandOf({ host, user, port, jump }: Way, forwards: readonly Forward[]): string {
  return [
    'ssh -N -o ExitOnForwardFailure=yes',
    ...(port ? [`-p ${port}`] : []),
    ...forwards.map(({ host, port }) => `-L 127.0.0.1:${port}:${host}:${port}`),
    ...(jump ? [`-J ${jump}`] : []),
    user ? `${user}@${host}` : host,
  ].join(' ')
}

function configOf(name: string, way: Way, forwards: readonly Forward[]): string {
  const lines = [
    ...(way.host ? [`HostName ${way.host}`] : []),
    ...(way.user ? [`User ${way.user}`] : []),
    ...(way.port ? [`Port ${way.port}`] : []),
    ...(way.jump ? [`ProxyJump ${way.jump}`] : []),
    'ExitOnForwardFailure yes',
    'ServerAliveInterval 30',
    ...forwards.map(({ host, port }) => `LocalForward 127.0.0.1:${port} ${host}:${port}`),
  ]
  return [`Host ${name}`, ...lines.map((line) => `  ${line}`)].join('\n')
}
