export const words = {
  kind: 'toybatch',
  title: 'Toy batch',
  startTimeoutMs: 120_000,
  checkTimeoutMs: 120_000,
}
