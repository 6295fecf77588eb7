import { quote } from '../platform/command-line.js'
import { flagsOf, OPEN, type Access } from './http/access.js'

/** Where a benchmark was aimed, as the user said it. */
export interface Aim {
  url: string
  tokenFile: string | null
  /** In place of `tokenFile`. */
  access?: Access
  /** Its name, where it is an instance of ours; null for a server that is known by its address alone. */
  instance: string | null
}

const TOKEN_FLAG = { vllm: '--api-key-file', chroma: '--token-file' } as const
const PAGE = { vllm: '/v1/models', chroma: '/api/v2/heartbeat' } as const

/** What a user can do next about a server, as commands to paste: those of an instance only where there is one. */
export class NextSteps {
  readonly #service: keyof typeof TOKEN_FLAG
  readonly #aim: Aim

  constructor(service: keyof typeof TOKEN_FLAG, aim: Aim) {
    this.#service = service
    this.#aim = aim
  }

  /** The benchmark of this server again, with these flags. */
  bench(...flags: readonly string[]): string {
    return [`aibench ${this.#service} bench`, ...this.#address({}), ...flags].join(' ')
  }

  /** As a flag: the command line completes it with all that was typed. */
  withToken(): string {
    return `${TOKEN_FLAG[this.#service]} FILE`
  }

  /** Servers of others may want their key elsewhere than in `Authorization`. */
  withHeader(): string[] {
    return this.#aim.instance === null
      ? ['--header-file FILE   # "Name: value" lines, for a key in another header']
      : []
  }

  /** To see what the server says of itself. */
  look(): string[] {
    const { url, instance } = this.#aim
    if (instance === null) return [`curl -i ${quote(url + PAGE[this.#service])}`]
    const name = quote(instance)
    return ['check', 'logs --stderr'].map((does) => `aibench ${this.#service} ${does} ${name}`)
  }

  #address(other: Partial<Access>): string[] {
    const { url, tokenFile, access, instance } = this.#aim
    if (instance !== null) return [quote(instance)]
    return flagsOf({ ...OPEN, tokenFile, ...access, url, ...other }, TOKEN_FLAG[this.#service])
  }
}
