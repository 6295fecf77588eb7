import { join, resolve } from 'node:path'
import * as v from 'valibot'
import { UsageError } from '../../platform/errors.js'
import { exists, readStdin, readTextIfThere } from '../../platform/files.js'
import type { Context } from '../contract.js'

/** Reads `--plan FILE`, a run's id, or `-` for stdin. @throws UsageError naming the field that doesn't fit */
export async function readPlan<Plan>(
  context: Context,
  schema: v.GenericSchema<unknown, Plan>,
  from: string,
): Promise<Plan> {
  const text = await planText(context, from)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${from} holds no JSON: ${(error as Error).message}`)
  }
  const plan = v.safeParse(schema, json)
  if (!plan.success) throw unfitPlan(`The plan in ${from}`, plan.issues)
  return plan.output
}

async function planText(context: Context, from: string): Promise<string> {
  if (from === '-') return readStdin()
  const file = resolve(context.environment.cwd, from)
  const { runs } = await context.state.read()
  const path = !(await exists(file)) && runs[from] ? join(runs[from].dir, 'plan.json') : file
  const text = await readTextIfThere(path)
  if (text === undefined)
    throw new UsageError(`There is no plan file and no run "${from}"`, {
      hints: ['aibench runs list'],
    })
  return text
}

export function unfitPlan(
  what: string,
  issues: [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]],
): UsageError {
  const [issue] = issues
  const field = v.getDotPath(issue) ?? 'plan'
  return new UsageError(`${what} doesn't fit: ${field}: ${issue.message}`, {
    code: 'AIB_PLAN',
    hints: ['the command’s --help'],
  })
}
