export const words = {
  kind: 'toystack',
  title: 'Toy stack',
  startTimeoutMs: 120_000,
  checkTimeoutMs: 120_000,
}
