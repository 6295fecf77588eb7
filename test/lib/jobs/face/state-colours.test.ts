import { expect } from 'chai'
import { statusView } from '../../../../src/lib/jobs/face/status-view.js'
import { chooseStyle } from '../../../../src/lib/report/style.js'
import { listInstances } from '../../../../src/lib/jobs/status.js'
import { contextWith } from '../../../support/context.js'
import { instanceWith } from '../../../support/instances.js'

const style = chooseStyle({
  ...{ isTty: true, columns: 100, noColorFlag: false },
  variables: { FORCE_COLOR: '1', TERM: 'xterm-256color' },
})

describe('a state on the screen', () => {
  it('is painted as bad when the job is lost, not as what went well', async () => {
    await using context = await contextWith([instanceWith({ scheduler: 'slurm', jobId: '7' })])
    const view = statusView(await listInstances(context, { all: true }), style)
    expect(view).to.include(style.bad('lost'))
    expect(view).to.not.include(style.good('lost'))
    expect(style.bad('x')).to.not.equal(style.good('x'))
  })
})
