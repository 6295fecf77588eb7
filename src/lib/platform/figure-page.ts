/** The text form in which scrapers read figures (0.0.4). */
export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export type Labels = Readonly<Record<string, string>>
export type Sample = readonly [labels: Labels, value: number | null]

/** A page of figures; what is not known is left out, and so is a name without any. */
export class FigurePage {
  #text = ''

  /** What only grows; its name ends in `_total`. */
  counter(name: string, help: string, samples: readonly Sample[] | number | null): void {
    this.#add('counter', name, help, samples)
  }

  gauge(name: string, help: string, samples: readonly Sample[] | number | null): void {
    this.#add('gauge', name, help, samples)
  }

  get text(): string {
    return this.#text
  }

  #add(type: string, name: string, help: string, samples: readonly Sample[] | number | null) {
    const all: readonly Sample[] = Array.isArray(samples)
      ? (samples as readonly Sample[])
      : [[{}, samples as number | null]]
    const known = all.filter(([, value]) => value !== null && !Number.isNaN(value))
    if (known.length === 0) return
    this.#text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`
    for (const [labels, value] of known) this.#text += `${name}${labelText(labels)} ${value}\n`
  }
}

function labelText(labels: Labels): string {
  const words = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return words.length === 0 ? '' : `{${words.join(',')}}`
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
