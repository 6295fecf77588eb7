// Writes docs/commands.md: the help of every command.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { helpText } from '../src/lib/cli/help.ts'
import { pagesOf, readManifest, spoken } from '../src/lib/cli/manifest.ts'
import { plainStyle } from '../src/lib/report/style.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const manifest = readManifest(root)
const style = { ...plainStyle, columns: 100 }
const section = (title, words) =>
  `## ${title}\n\n\`\`\`text\n${helpText(manifest, words, style)}\n\`\`\`\n`
const text = [
  '# Commands\n\nMade by `npm run build` from the commands themselves.\n',
  section('aibench', []),
  ...Object.keys(manifest.commands).map((id) => section(`aibench ${spoken(id)}`, id.split(':'))),
  ...pagesOf(manifest).map((page) => section(`aibench help ${page}`, [page])),
].join('\n')
writeFileSync(`${root}docs/commands.md`, text)
