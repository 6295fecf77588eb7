import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../support/cli.js'
import { filesOf, TOYS, ToyTree } from '../support/toy-tree.js'

describe('a service that is added by the documented recipe', function () {
  this.timeout(300_000)

  for (const toy of ['toy', 'toystack', 'toybatch'])
    it(`${toy}: changes nothing but the catalog, by a line, and adds nothing but its own files`, () => {
      using tree = new ToyTree([toy])
      tree.plant()
      const own = [...filesOf(join(TOYS, toy, 'tree')), `slurm/${tree.scriptOf(toy)}`]
      expect(tree.changes().sort()).to.deep.equal([...own, 'src/lib/app/catalog.ts'].sort())
      const [before, after] = [ROOT, tree.root].map((root) =>
        readFileSync(join(root, 'src/lib/app/catalog.ts'), 'utf8').split('\n'),
      )
      expect(after.filter((line) => !before.includes(line))).to.have.lengthOf(1)
      expect(after).to.have.lengthOf(before.length + 1)
    })

  it('is one that the compiler takes', () => {
    using tree = new ToyTree(['toy', 'toystack', 'toybatch'])
    tree.plant()
    expect(tree.typeErrors()).to.equal('')
  })
})
