import { createInterface } from 'node:readline'

/** Does all that a further worker is told, until it is to begin: then it ends in the middle of a line. */
const say = (answer: object) => process.stdout.write(JSON.stringify(answer) + '\n')
say({ type: 'ready' })
createInterface({ input: process.stdin }).on('line', (line) => {
  const told = JSON.parse(line) as { type: string; n?: number }
  if (told.type === 'clock')
    say({ type: 'clock', n: told.n, hrMs: Number(process.hrtime.bigint()) / 1e6 })
  else if (told.type !== 'start') say({ type: 'prepared' })
  else
    setTimeout(() => {
      process.stdout.write('{"type":"outc', () => process.exit(3))
    }, 600)
})
