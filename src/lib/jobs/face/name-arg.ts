import * as Args from '@oclif/core/args'

export const nameArg = (service: string) =>
  Args.string({
    description: `name of the ${service} instance; optional while only one is running`,
  })
