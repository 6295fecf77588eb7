/**
 * Writes a path in as few characters as do: steps from point to point in tenths of a pixel, without the points that lie on a straight line.
 * A page has a hundred thousand of them. It is a context that d3-shape draws on; what it draws is to be scaled by 0.1.
 */
export class CompactPath {
  #text = ''
  /** Where the last written point is, and the one not written yet. */
  #x = 0
  #y = 0
  #pending: [number, number] | undefined
  /** Whether nothing was drawn since the last move. */
  #isPoint = false

  moveTo(x: number, y: number): void {
    this.#flush()
    const [toX, toY] = [tenths(x), tenths(y)]
    this.#text += `M${toX}${signed(toY)}`
    this.#x = toX
    this.#y = toY
    this.#isPoint = true
  }

  lineTo(x: number, y: number): void {
    const next: [number, number] = [tenths(x), tenths(y)]
    if (this.#pending && !this.#isOnTheWay(next)) this.#flush()
    this.#pending = next
    this.#isPoint = false
  }

  /** d3's line closes a path that is a point alone, between two gaps: with round caps these two pixels are a dot. An area is filled anyway. */
  closePath(): void {
    this.#flush()
    if (this.#isPoint) this.#text += 'm-10 0h20'
  }

  /** Never called for straight lines. */
  bezierCurveTo(): void {
    throw new Error('only straight lines are drawn here')
  }

  toString(): string {
    this.#flush()
    return this.#text
  }

  #flush(): void {
    if (!this.#pending) return
    const [x, y] = this.#pending
    const [dx, dy] = [x - this.#x, y - this.#y]
    if (dy === 0) this.#text += `h${dx}`
    else if (dx === 0) this.#text += `v${dy}`
    else this.#text += `l${dx}${signed(dy)}`
    this.#x = x
    this.#y = y
    this.#pending = undefined
  }

  /** Whether the pending point is less than half a pixel off the line to the next. Only for level lines, which are the common case. */
  #isOnTheWay([, y]: [number, number]): boolean {
    const [, pendingY] = this.#pending!
    return pendingY === this.#y && y === this.#y
  }
}

const tenths = (value: number): number => Math.round(value * 10)
/** A minus parts two numbers, too. */
const signed = (value: number): string => (value < 0 ? String(value) : ` ${value}`)
