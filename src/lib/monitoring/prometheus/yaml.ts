export type Yaml = string | number | boolean | readonly Yaml[] | { readonly [key: string]: Yaml }

/** Plain data as YAML: every text in quotes, in the escapes of JSON, which YAML reads too. */
export function yamlOf(value: Yaml, indent = ''): string {
  if (isList(value)) return value.map((item) => `${indent}- ${itemOf(item, indent)}`).join('')
  if (typeof value !== 'object') return `${scalar(value)}\n`
  return Object.entries(value)
    .map(([key, inner]) => `${indent}${keyOf(key)}:${after(inner, indent)}`)
    .join('')
}

function after(value: Yaml, indent: string): string {
  if (typeof value !== 'object') return ` ${scalar(value)}\n`
  if (Object.keys(value).length === 0) return isList(value) ? ' []\n' : ' {}\n'
  return `\n${yamlOf(value, `${indent}  `)}`
}

/** The first line of an item stands behind its dash. */
function itemOf(value: Yaml, indent: string): string {
  const inner = `${indent}  `
  return yamlOf(value, inner).replace(inner, '')
}

function keyOf(key: string): string {
  return /^[a-zA-Z_][\w-]*$/.test(key) ? key : scalar(key)
}

function scalar(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value)
  return (
    JSON.stringify(value)
      // Half a pair of surrogates is no text, and no YAML.
      .replace(/\\ud[89a-f][0-9a-f]{2}/g, '\\ufffd')
      // Line breaks of YAML that JSON knows nothing of, and what it does not take as it is.
      .replace(/[\u007f-\u009f\u2028\u2029\ufeff\uffff]/g, escaped)
  )
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** Array.isArray does not know lists that can't be changed. */
function isList(value: Yaml): value is readonly Yaml[] {
  return Array.isArray(value)
}
