/** Whether an answer fits could not be found out at a price that a benchmark can pay. */
export class JudgementLimitError extends Error {}
