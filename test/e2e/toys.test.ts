import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../support/cli.js'
import { filesOf, SCRIPTS, TOYS, ToyTree } from '../support/toy-tree.js'

describe('a service that is added by the documented recipe', function () {
  this.timeout(300_000)

  for (const [toy, lines] of Object.entries({ toy: 1, toystack: 1, toybatch: 1, toydb: 2 }))
    it(`${toy}: changes nothing but the catalog, and adds nothing but its own files`, () => {
      using tree = new ToyTree([toy])
      tree.plant()
      const own = [
        ...filesOf(join(TOYS, toy, 'tree')),
        ...(SCRIPTS[toy] ? [`slurm/${SCRIPTS[toy]}`] : []),
      ]
      expect(tree.changes().sort()).to.deep.equal([...own, 'src/lib/app/catalog.ts'].sort())
      const [before, after] = [ROOT, tree.root].map((root) =>
        readFileSync(join(root, 'src/lib/app/catalog.ts'), 'utf8').split('\n'),
      )
      expect(after.filter((line) => !before.includes(line))).to.have.lengthOf(lines)
      expect(after).to.have.lengthOf(before.length + lines)
    })

  it('is one that the compiler takes', () => {
    using tree = new ToyTree(['toy', 'toystack', 'toybatch', 'toydb'])
    tree.plant()
    expect(tree.typeErrors()).to.equal('')
  })
})
