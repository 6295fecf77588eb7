import { expect } from 'chai'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { dashboardOf } from '../../../../scripts/dashboard-of.js'
import { DATA_SOURCE } from '../../../../src/lib/monitoring/data-source.js'
import { boards, dashboardFile } from '../../../../src/lib/monitoring/panels/boards.js'
import { type Board, panelsOf } from '../../../../src/lib/monitoring/panels/panel.js'

const FOLDER = fileURLToPath(new URL('../../../../dashboards/', import.meta.url))

interface Place {
  x: number
  y: number
  w: number
  h: number
}
interface DrawnPanel {
  id: number
  type: string
  title: string
  description?: string
  gridPos: Place
  targets: { expr: string; legendFormat: string; refId: string; instant?: boolean }[]
  datasource?: unknown
  fieldConfig?: {
    defaults: {
      unit?: string
      noValue?: string
      links?: { url: string }[]
      thresholds?: { steps: { color: string }[] }
    }
  }
}
interface Drawn {
  uid: string
  editable: boolean
  panels: DrawnPanel[]
  annotations: { list: { expr: string; placement?: string }[] }
  links: { tags: string[]; keepTime: boolean; placement?: string }[]
  templating: { list: { name: string; includeAll: boolean; datasource: unknown }[] }
}

const source = { type: 'prometheus', uid: DATA_SOURCE.uid }
const read = (board: Board) =>
  JSON.parse(readFileSync(FOLDER + dashboardFile(board), 'utf8')) as Drawn
const doOverlap = (a: Place, b: Place) =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h

describe('the dashboards for Grafana', () => {
  it('are what the boards say: otherwise `npm run build` was not run', () => {
    expect(readdirSync(FOLDER).sort()).to.deep.equal(boards.map(dashboardFile).sort())
    for (const board of boards)
      expect(read(board)).to.deep.equal(JSON.parse(JSON.stringify(dashboardOf(board))))
  })

  for (const board of boards)
    describe(board.uid, () => {
      const drawn = read(board)
      const panels = drawn.panels.filter(({ type }) => type !== 'row')

      it('has each panel with its queries, its unit and its words', () => {
        expect(panels.map(({ title }) => title)).to.deep.equal(
          panelsOf(board).map(({ title }) => title),
        )
        for (const [at, panel] of panelsOf(board).entries()) {
          const { targets, description, fieldConfig, datasource } = panels[at]
          expect(targets.map(({ expr }) => expr)).to.deep.equal(
            panel.queries.map(({ expr }) => expr),
          )
          expect(new Set(targets.map(({ refId }) => refId)).size).to.equal(targets.length)
          expect(
            targets.every(({ instant = false }) => instant === (panel.kind === 'stat')),
          ).to.equal(true)
          expect(description).to.equal(panel.description)
          expect(fieldConfig?.defaults.unit, panel.id).to.be.a('string').and.not.equal('')
          expect(datasource).to.deep.equal(source)
        }
      })

      it('puts no panel over another, and none beside the grid', () => {
        drawn.panels.forEach(({ gridPos, title }, at) => {
          expect(gridPos.x + gridPos.w, title).to.be.at.most(24)
          for (const other of drawn.panels.slice(at + 1))
            expect(doOverlap(gridPos, other.gridPos), `${title}, ${other.title}`).to.equal(false)
        })
        expect(new Set(drawn.panels.map(({ id }) => id)).size).to.equal(drawn.panels.length)
      })

      it('says so where there is nothing, paints no number as if it were bad, and leads to others', () => {
        for (const { title, type, fieldConfig, targets } of panels) {
          const { noValue, links, thresholds } = fieldConfig!.defaults
          expect(noValue, title).to.be.a('string').and.not.equal('')
          if (type === 'stat')
            expect(thresholds?.steps.map(({ color }) => color)).to.deep.equal(['text'])
          const isOfRuns = targets.some(({ legendFormat }) => legendFormat.includes('{{run}}'))
          expect(links?.map(({ url }) => url) ?? [], title).to.deep.equal(
            isOfRuns && board.uid !== 'aibench-run'
              ? ['/d/aibench-run?var-run=${__field.labels.run}&${__url_time_range}']
              : [],
          )
        }
        expect(drawn.links).to.have.length(1)
        expect(drawn.links[0]).to.include({ keepTime: true }).and.not.have.property('placement')
        for (const one of drawn.annotations.list) expect(one).not.to.have.property('placement')
      })

      it('opens on everything, with nothing to choose first', () => {
        expect(drawn.templating.list.map(({ name }) => name)).to.deep.equal(board.variables)
        for (const { includeAll, datasource } of drawn.templating.list) {
          expect(includeAll).to.equal(true)
          expect(datasource).to.deep.equal(source)
        }
        expect(drawn.editable).to.equal(false)
        expect(drawn.annotations.list).to.have.length(board.hasPhases ? 1 : 0)
      })
    })
})
