type Attributes = Readonly<Record<string, string | number | undefined>>

/** An element with its attributes, which are escaped; `inside` is markup already; without it the element ends where it begins, as in SVG. */
export function element(name: string, attributes: Attributes = {}, inside?: string): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) => ` ${key}="${escaped(typeof value === 'number' ? rounded(value) : value!)}"`,
    )
    .join('')
  return inside === undefined ? `<${name}${written}/>` : `<${name}${written}>${inside}</${name}>`
}

/** Text of others, for markup: between tags and in attributes. */
export function escaped(text: string): string {
  return (
    text
      .replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
      // Characters that XML has no way to write.
      .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '\ufffd')
  )
}

/** To a tenth of a pixel. */
export const rounded = (value: number): string => String(Math.round(value * 10) / 10)

/** Pixels of a character in the 11 px of labels, in the wider of the fonts that a system may have. */
const GLYPH = 6.7

/** About how wide a text is, without a font to ask. */
export const textWidth = (text: string): number => text.length * GLYPH

export function shortened(text: string, width: number): string {
  const most = Math.max(3, Math.floor(width / GLYPH))
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}
