import type { InferenceOrder } from './plan.js'

type Target = Pick<InferenceOrder, 'url' | 'tokenFile' | 'instance'>

/** What a user can do next about this server, as commands to paste: those of an instance only where there is one. */
export class NextSteps {
  readonly #target: Target

  constructor(target: Target) {
    this.#target = target
  }

  /** The benchmark of this server again, with these flags. */
  bench(...flags: readonly string[]): string {
    return ['aibench vllm bench', ...this.#address, ...flags].join(' ')
  }

  withToken(): string {
    const { url, instance } = this.#target
    return instance === null
      ? `aibench vllm bench --url ${quoted(url)} --api-key-file FILE`
      : `aibench vllm bench ${quoted(instance)} --api-key-file FILE`
  }

  /** To see what the server says of itself. */
  look(): string[] {
    const { url, instance } = this.#target
    return instance === null
      ? [`curl -i ${quoted(`${url}/v1/models`)}`]
      : [`aibench vllm check ${quoted(instance)}`, `aibench vllm logs ${quoted(instance)} --stderr`]
  }

  get #address(): string[] {
    const { url, tokenFile, instance } = this.#target
    if (instance !== null) return [quoted(instance)]
    return [
      '--url',
      quoted(url),
      ...(tokenFile === null ? [] : ['--api-key-file', quoted(tokenFile)]),
    ]
  }
}

/** For a shell to paste. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
