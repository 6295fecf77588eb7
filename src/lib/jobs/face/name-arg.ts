import * as Args from '@oclif/core/args'

export const nameArg = (service: string) =>
  Args.string({
    description: `name of the ${service} instance; optional while only one is running`,
  })

export const memberArg = (service: string) =>
  Args.string({
    description: `one server of the ${service} instance, by its name; without it the log is the job’s`,
  })
