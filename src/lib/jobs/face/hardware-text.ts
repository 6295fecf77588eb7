import type { HardwareReport } from '../hardware.js'

/** `1 × NVIDIA H100 80GB HBM3 · driver 580.159.04`. */
export function hardwareText({ text, driver }: HardwareReport): string {
  return driver === null ? text : `${text} · driver ${driver}`
}
