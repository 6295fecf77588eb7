import type { SettingReport } from './settings.js'
import type { Style } from '../report/style.js'
import { renderTable } from '../report/table.js'

export function settingsView(settings: readonly SettingReport[], style: Style): string {
  return renderTable<SettingReport>(
    [
      { title: 'SETTING', text: ({ name }) => name, importance: 10 },
      { title: 'VALUE', text: ({ value }) => value ?? '–', importance: 9 },
      {
        title: 'MEANING',
        text: ({ meaning }) => meaning,
        importance: 5,
        paint: (text) => style.quiet(text),
      },
    ],
    settings,
    style,
  ).join('\n')
}
