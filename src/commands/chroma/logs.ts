import * as Flags from '@oclif/core/flags'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { nameArg } from '../../lib/cli/flags.js'

export default class ChromaLogs extends BaseCommand<typeof ChromaLogs> {
  static override summary = 'Show the log of a Chroma server.'
  static override examples = [
    '<%= config.bin %> chroma logs -n 50',
    '<%= config.bin %> chroma logs --stderr',
  ]
  static override args = { name: nameArg('Chroma') }
  static override flags = {
    follow: Flags.boolean({
      char: 'f',
      summary: 'Go on until the server ends.',
      env: 'AIBENCH_FOLLOW',
    }),
    stderr: Flags.boolean({ summary: 'The error log.', env: 'AIBENCH_STDERR' }),
    lines: Flags.integer({
      char: 'n',
      min: 0,
      summary: 'How many of the last lines.',
      default: 200,
      env: 'AIBENCH_LINES',
    }),
  }

  async run(): Promise<void> {
    const { readLogs } = await import('../../lib/services/lifecycle/logs.js')
    const { json } = this.output.mode
    const pieces: string[] = []
    const report = await readLogs(await this.context(), {
      service: 'chroma',
      name: this.args.name,
      stream: this.flags.stderr ? 'stderr' : 'stdout',
      lines: this.flags.lines,
      follow: this.flags.follow,
      write: (text) => void (json ? pieces.push(text) : process.stdout.write(text)),
    })
    return this.show(
      { ...report, ...(json ? { text: pieces.join('') } : {}) },
      { text: () => '', quiet: () => '' },
    )
  }
}
