/**
 * What a service says while it works; `cli/` draws it on stderr. A step that waits says for what: `update('queued 2m10s · …')`.
 * A step left open when an error flies is closed as failed by the drawer.
 */
export interface Progress {
  /** Opens a step; `title` is one word, the first column: `submitted`, `ready`, `ingest`. */
  step(title: string): Step
  /** One line that is not a step: what is being started, what it may cost. */
  note(text: string): void
}

export interface Step {
  /** `share` of the work that is done, 0 to 1, where it is known: drawn as a bar on a terminal. */
  update(text: string, share?: number): void
  /** `ms`: how long it took, where that is known better than from the opening of the step. */
  done(text?: string, ms?: number): void
  fail(text?: string): void
}

export const silent: Progress = {
  step: () => ({ update() {}, done() {}, fail() {} }),
  note() {},
}
