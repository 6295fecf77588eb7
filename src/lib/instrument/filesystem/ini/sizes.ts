const SHIFT: Readonly<Record<string, bigint>> = { k: 10n, m: 20n, g: 30n, t: 40n, p: 50n }

/**
 * Bytes, as IOR reads a size: a whole number and the first letter behind it, k m g t or p, in powers of 1024; any other letter, and all
 * that follows, is passed over. @returns undefined for what has no number. Source: hpc/ior, src/option.c
 */
export function iorBytes(text: string): bigint | undefined {
  const [, digits, letter = ''] = /^\s*(-?\d+)\s*(\S)?/.exec(text) ?? []
  if (digits === undefined) return undefined
  return BigInt(digits) << (SHIFT[letter.toLowerCase()] ?? 0n)
}

/** Nothing of it is passed over. */
export function isWholeSize(text: string): boolean {
  return /^\d+ ?[kmgtp]?$/i.test(text)
}

/** The shortest that IOR reads back as these bytes: `20m`. */
export function iorSizeText(bytes: bigint): string {
  const unit = ['p', 't', 'g', 'm', 'k'].find(
    (one) => bytes !== 0n && bytes % (1n << SHIFT[one]) === 0n,
  )
  return unit === undefined ? String(bytes) : `${bytes >> SHIFT[unit]}${unit}`
}
