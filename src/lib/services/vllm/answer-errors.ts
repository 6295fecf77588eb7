import {
  AibenchError,
  EnvironmentError,
  UnreachableError,
  UsageError,
} from '../../platform/errors.js'

const LOOK = ['aibench vllm check', 'aibench vllm logs --stderr']

/** What the openai package throws: an HTTP answer has a status, all else is the connection's. */
interface PackageError extends Error {
  status?: number
  cause?: unknown
}

/** Said in words of ours, by who must act. */
export function plainError(error: unknown, url: string): AibenchError {
  if (error instanceof AibenchError) return error
  const { status, message, cause } = error as PackageError
  const said = message.replace(/^\d{3} /, '')
  if (status === undefined)
    return new UnreachableError(
      `The server at ${url} did not answer to the end: ${rootOf(cause) ?? said}`,
      {
        hints: LOOK,
        cause: error,
      },
    )
  if (status === 401 || status === 403)
    return new EnvironmentError(`The server at ${url} refuses our token`, {
      code: 'AIB_TOKEN_REFUSED',
      evidence: said,
      hints: LOOK,
    })
  if (status >= 400 && status < 429)
    return new UsageError(`The server refuses the question: ${said}`, { code: 'AIB_REFUSED' })
  return new UnreachableError(`The server at ${url} failed: ${said}`, {
    code: 'AIB_SERVER_ERROR',
    evidence: `HTTP ${status}`,
    hints: LOOK,
  })
}

/** `fetch failed` says nothing: what failed is below. */
function rootOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined
  return rootOf(cause.cause) ?? cause.message
}
