import { expect } from 'chai'
import type { Judgement } from '../../../../../src/lib/instrument/filesystem/judge/contract.js'
import { judge } from '../../../../../src/lib/instrument/filesystem/judge/judge.js'
import { readResults } from '../../../../../src/lib/instrument/filesystem/read/read-results.js'
import { sample } from '../../../../support/io500-samples.js'

/**
 * What each real result is worth: whether it is valid, what makes it invalid (`code@phase`), and what else is to be said. Their configurations
 * had their paths changed after the run, so that the hash of the configuration is another one.
 */
const VERDICTS: readonly (readonly [string, boolean, string, string])[] = [
  ['bad-api', false, 'api-missing', ''],
  ['bad-blocksize', false, 'block-size@ior-easy-write stonewall-time', 'changed-config'],
  ['bad-mode', false, 'configuration', ''],
  ['bad-option', false, 'configuration', ''],
  ['bad-section', false, 'configuration', ''],
  ['bad-value', false, 'configuration', ''],
  ['dropcaches-no-sudo', false, 'stonewall-time', 'few-nodes changed-config drop-caches'],
  ['dry-run', false, 'dry-run stonewall-time', 'few-nodes changed-config'],
  ['enospc', false, 'no-space@ior-easy-write stonewall-time', 'changed-config'],
  [
    'extended-mode',
    false,
    'stonewall-time wall-not-reached@ior-hard-write',
    'few-nodes changed-config cached-read',
  ],
  [
    'external-find',
    false,
    'stonewall-time wall-not-reached@ior-easy-write',
    'few-nodes changed-config cached-read',
  ],
  ['external-find-missing', false, 'configuration stonewall-time', 'changed-config'],
  [
    'files-per-dir',
    false,
    'stonewall-time files-per-dir wall-not-reached@ior-hard-write',
    'few-nodes changed-config cached-read',
  ],
  ['ini-new-on-old', false, 'configuration', ''],
  ['ini-old-on-new', false, 'configuration', ''],
  ['invalid-short-stonewall', false, 'stonewall-time', 'few-nodes changed-config cached-read'],
  [
    'io500-sh-run',
    false,
    'stonewall-time wall-not-reached@ior-easy-write wall-not-reached@ior-hard-write',
    'nodes-unknown',
  ],
  ['killed-sigkill', false, 'ended-early@mdtest-easy-write stonewall-time', 'changed-config'],
  ['killed-sigterm', false, 'ended-early@mdtest-easy-write stonewall-time', 'changed-config'],
  ['live-progress', false, 'stonewall-time', 'few-nodes changed-config cached-read'],
  [
    'mpiio-collective',
    false,
    'api-without-mdtest@mdtest-easy-write stonewall-time',
    'changed-config',
  ],
  ['mpiio-ior-only', false, 'stonewall-time', 'few-nodes changed-config cached-read'],
  ['mpirun-as-root', false, 'launcher', ''],
  ['mpirun-not-enough-slots', false, 'launcher', ''],
  ['non-root-unwritable', false, 'permission stonewall-time', ''],
  ['non-root-unwritable', false, 'permission', ''],
  [
    'phases-off',
    false,
    'ended-early@ior-hard-read phase-off@ior-hard-write phase-off@mdtest-hard-delete stonewall-time',
    'changed-config cached-read',
  ],
  [
    'posix-np1',
    false,
    'stonewall-time wall-not-reached@ior-easy-write wall-not-reached@ior-hard-write',
    'few-nodes changed-config cached-read',
  ],
  ['posix-np4', false, 'stonewall-time', 'few-nodes changed-config cached-read'],
  [
    'posix-odirect',
    false,
    'odirect@ior-hard-write stonewall-time wall-not-reached@ior-easy-write',
    'changed-config',
  ],
  ['rank-killed', false, 'killed@mdtest-easy-write stonewall-time', 'changed-config'],
  ['real-submissions/bash-2018', true, '', 'few-nodes'],
  ['real-submissions/bash-2019', true, '', ''],
  ['real-submissions/c-app-isc20', true, '', ''],
  ['real-submissions/c-app-isc25', true, '', ''],
  ['real-submissions/c-app-sc21-extended', true, '', 'not-ten-nodes'],
  ['real-submissions/c-app-sc25', true, '', ''],
  ['real-submissions/meluxina-isc21-512nodes', true, '', 'not-ten-nodes'],
  ['rerun-leftovers', false, 'cleanup stonewall-time', 'nodes-unknown'],
  ['rerun-leftovers', false, 'ended-early stonewall-time wall-not-reached@ior-hard-write', ''],
  [
    'rerun-leftovers',
    false,
    'stonewall-time wall-not-reached@ior-hard-write',
    'implausible-read nodes-unknown',
  ],
  [
    'singleton-pipe-buffered',
    false,
    'stonewall-time wall-not-reached@ior-hard-write',
    'few-nodes changed-config cached-read',
  ],
  [
    'singleton-stdbuf',
    false,
    'stonewall-time wall-not-reached@ior-hard-write',
    'few-nodes changed-config cached-read',
  ],
  [
    'timestamp-arg',
    false,
    'stonewall-time wall-not-reached@ior-hard-write',
    'few-nodes changed-config cached-read',
  ],
  [
    'two-singletons-wrong-pmi',
    false,
    'stonewall-time two-writers wall-not-reached@ior-easy-write',
    'few-nodes changed-config',
  ],
  ['unwritable-datadir', false, 'no-directory stonewall-time', 'changed-config'],
  ['unwritable-resultdir', false, 'no-directory', ''],
  ['valid-300s', true, '', 'few-nodes changed-config cached-read'],
  ['valid-scc-30s', true, '', 'changed-config'],
  ['validity-gap-stonewall31', false, 'stonewall-time drop-caches', 'changed-config cached-read'],
  ['verbosity5', false, 'stonewall-time', 'few-nodes changed-config cached-read'],
  [
    'version-io500-isc23',
    false,
    'stonewall-time wall-not-reached@ior-easy-write wall-not-reached@ior-hard-write',
    'few-nodes changed-config cached-read',
  ],
  [
    'version-io500-isc24',
    false,
    'stonewall-time wall-not-reached@ior-hard-write',
    'few-nodes changed-config cached-read',
  ],
  [
    'version-io500-isc24-extended',
    false,
    'stonewall-time wall-not-reached@ior-hard-write',
    'few-nodes changed-config cached-read',
  ],
  [
    'version-io500-isc26',
    false,
    'stonewall-time wall-not-reached@ior-hard-write',
    'few-nodes changed-config cached-read',
  ],
  [
    'version-io500-isc26-extended',
    false,
    'stonewall-time wall-not-reached@ior-easy-write',
    'few-nodes changed-config cached-read',
  ],
  ['version-io500-sc25', false, 'stonewall-time', 'few-nodes changed-config cached-read'],
]

const judged = async (name: string): Promise<Judgement[]> =>
  (await readResults(sample(name))).flatMap((found) =>
    found.kind === 'io500' ? [judge(found.run)] : [],
  )

describe('the verdict on a real result', () => {
  const names = [...new Set(VERDICTS.map(([name]) => name))]
  for (const name of names)
    it(name, async () => {
      const found = (await judged(name)).map(({ valid, problems }) => {
        const invalid = problems.filter(({ severity }) => severity === 'invalid')
        const others = problems.filter(({ severity }) => severity !== 'invalid')
        return [
          name,
          valid,
          invalid.map(({ code, phase }) => code + (phase ? `@${phase}` : '')).join(' '),
          others.map(({ code }) => code).join(' '),
        ]
      })
      expect(found).to.deep.equal(VERDICTS.filter(([one]) => one === name))
    })

  it('recomputes every score and every hash that was not written twice', async () => {
    for (const name of names.filter((one) => one !== 'two-singletons-wrong-pmi'))
      for (const { score, extendedScore, hash } of await judged(name)) {
        expect(score?.ok ?? true, `score of ${name}`).to.equal(true)
        expect(extendedScore?.ok ?? true, `extended score of ${name}`).to.equal(true)
        expect(hash.ok ?? true, `hash of ${name}`).to.equal(true)
      }
  })

  it('recomputes the hash of a configuration', async () => {
    const [{ configHash, hash, score }] = await judged('real-submissions/meluxina-isc21-512nodes')
    expect(configHash).to.include({ stated: '802EC096', computed: '802EC096', ok: true })
    expect(hash).to.include({ stated: 'D47BF9B1', computed: 'D47BF9B1', ok: true })
    expect(score!.recomputed!.total).to.be.closeTo(194.11889, 1e-5)
  })

  it('says once what is told of several phases, and always what to change', async () => {
    for (const name of names)
      for (const { problems } of await judged(name)) {
        const keys = problems.map(({ code, phase }) => `${code} ${phase}`)
        expect(new Set(keys).size, name).to.equal(keys.length)
        for (const { code, fix, text, severity } of problems) {
          expect(text, code).to.match(/^\S.*\.$/s)
          if (severity === 'invalid' && code !== 'ended-early')
            expect(fix, `${name} ${code}`).not.to.equal('')
        }
      }
  })
})
