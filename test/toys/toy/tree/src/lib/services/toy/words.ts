export const words = {
  kind: 'toy',
  title: 'Toy server',
  startTimeoutMs: 120_000,
  checkTimeoutMs: 120_000,
}
