import { tlsClassOf } from '../../platform/trust.js'

/** A request that failed, by class: `timeout`, `reset`, `refused`, `closed`, `http_429`, `bad_answer`, … */
export class RequestError extends Error {
  constructor(
    readonly errorClass: string,
    message: string,
  ) {
    super(message)
  }
}

const CLASS_OF_CODE: Readonly<Record<string, string>> = {
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'connect_timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENOTFOUND: 'unknown_host',
  EMFILE: 'client_out_of_files',
  EADDRNOTAVAIL: 'client_out_of_ports',
}

/** The same of whatever was thrown: by our own client, by a socket, by a client library around one. */
export function classOf(error: unknown): string {
  const { errorClass, code, cause } = error as Partial<RequestError> & { code?: string }
  if (errorClass !== undefined) return errorClass
  const known = CLASS_OF_CODE[code ?? ''] ?? tlsClassOf(code)
  if (known) return known
  return cause ? classOf(cause) : 'other'
}

/** Of the system's own error. */
export function fromSocket(error: NodeJS.ErrnoException): RequestError {
  const errorClass = CLASS_OF_CODE[error.code ?? ''] ?? tlsClassOf(error.code) ?? 'socket_error'
  return new RequestError(errorClass, error.message)
}
