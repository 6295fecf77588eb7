import { quote } from '../platform/command-line.js'
import { flagsOf, OPEN, type Access } from './http/access.js'
import type { WorkerConfig } from './process/worker-config.js'

/** Where a benchmark was aimed, as the user said it. */
export type Aim = Pick<WorkerConfig, 'service' | 'url' | 'tokenFile' | 'access' | 'instance'>

/** What a user can do next about a server, as commands to paste: those of an instance only where there is one. */
export class NextSteps {
  readonly #aim: Aim

  constructor(aim: Aim) {
    this.#aim = aim
  }

  /** The benchmark of this server again, with these flags. */
  bench(...flags: readonly string[]): string {
    return [`aibench ${this.#aim.service.kind} bench`, ...this.#address({}), ...flags].join(' ')
  }

  /** As a flag: the command line completes it with all that was typed. */
  withToken(): string {
    return `${this.#aim.service.tokenFlag} FILE`
  }

  /** Servers of others may want their key elsewhere than in `Authorization`. */
  withHeader(): string[] {
    return this.#aim.instance === null
      ? ['--header-file FILE   # "Name: value" lines, for a key in another header']
      : []
  }

  /** To see what the server says of itself. */
  look(): string[] {
    const { service, url, instance } = this.#aim
    if (instance === null) return [`curl -i ${quote(url + service.callPath)}`]
    const name = quote(instance)
    return ['check', 'logs --stderr'].map((does) => `aibench ${service.kind} ${does} ${name}`)
  }

  #address(other: Partial<Access>): string[] {
    const { service, url, tokenFile, access, instance } = this.#aim
    if (instance !== null) return [quote(instance)]
    return flagsOf({ ...OPEN, tokenFile, ...access, url, ...other }, service.tokenFlag)
  }
}
