/** Decimal numbers as C prints them; null for none (`-`, `NA`, `nan`, `inf`). */
export function numberIn(text: string | undefined): number | null {
  if (text === undefined || !/^-?\d{1,30}(?:\.\d{0,30})?(?:e[+-]?\d{1,3})?$/i.test(text))
    return null
  const value = Number(text)
  return Number.isFinite(value) ? value : null
}

const UNITS: Readonly<Record<string, number>> = {
  bytes: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  PiB: 2 ** 50,
}

/** `58.59 GiB` as IOR prints it: rounded there. */
export function bytesIn(text: string | undefined): number | null {
  const [, number, unit] = /^(\S+) (bytes|[KMGTP]iB)$/.exec(text ?? '') ?? []
  const value = numberIn(number)
  return value === null ? null : Math.round(value * UNITS[unit])
}
