import { join, resolve } from 'node:path'
import * as v from 'valibot'
import { aibench } from '../platform/command-line.js'
import { UsageError } from '../platform/errors.js'
import { whereJsonBreaks } from '../platform/json-trouble.js'
import { exists, readStdin, readTextIfThere } from '../platform/files.js'
import { misfit } from '../platform/misfit.js'
import type { Context } from '../jobs/contract.js'

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
    throw new UsageError(`The plan ${from} must be JSON${whereJsonBreaks(error)}`, {
      code: 'AIB_PLAN',
    })
  }
  const plan = v.safeParse(schema, asToday(json))
  if (!plan.success)
    throw new UsageError(`Invalid plan ${from}: ${misfit(plan.issues)}`, { code: 'AIB_PLAN' })
  return plan.output
}

/** A plan as it was written, with the fields that 0.1.0 called otherwise by their names of today. */
export function asToday(plan: unknown): unknown {
  if (typeof plan !== 'object' || plan === null || !('errorShareLimit' in plan)) return plan
  const { errorShareLimit, ...rest } = plan
  return { errorRateLimit: errorShareLimit, ...rest }
}

async function planText(context: Context, from: string): Promise<string> {
  if (from === '-') return readStdin()
  const file = resolve(context.environment.cwd, from)
  const { runs } = await context.state.read()
  const path =
    !(await exists(file)) && Object.hasOwn(runs, from) ? join(runs[from].dir, 'plan.json') : file
  const text = await readTextIfThere(path)
  if (text === undefined)
    throw new UsageError(`There is no plan file or run "${from}"`, {
      hints: [aibench('runs', 'list')],
    })
  return text
}

/** A plan made from flags; `nameOf` says which flag a field came from. */
export function unfitFlags(
  issues: readonly v.BaseIssue<unknown>[],
  nameOf: (field: string) => string,
): UsageError {
  return new UsageError(misfit(issues, nameOf), { code: 'AIB_PLAN' })
}
