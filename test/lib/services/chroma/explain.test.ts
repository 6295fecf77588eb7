import { expect } from 'chai'
import { explainChroma } from '../../../../src/lib/services/chroma/explain.js'

/** Lines as servers, Python, Slurm and Apptainer print them. */
const CASES: readonly (readonly [line: string, cause: RegExp])[] = [
  ['Error: error returned from database: (code: 13) database or disk is full', /no space/],
  ['OSError: [Errno 28] No space left on device', /no space/],
  ['write failed: Disk quota exceeded (os error 122)', /quota/],
  ['(code: 1032) attempt to write a readonly database', /read-only/],
  ['error returned from database: (code: 5) database is locked', /in use by another server/],
  ['(code: 11) database disk image is malformed', /damaged/],
  ['Error: migration 00001 is inconsistent with the source', /another version/],
  ["chroma: /lib64/libc.so.6: version `GLIBC_2.39' not found", /newer system library/],
  ['error while loading shared libraries: libssl.so.3: cannot open shared object file', /missing/],
  ["ModuleNotFoundError: No module named 'chromadb_rust_bindings'", /not complete/],
  ['Error: Address 127.0.0.1:39857 is not available', /port was taken/],
  ['mkdir: cannot create directory ‘/data’: Permission denied', /permission denied/],
  ['slurmstepd: error: Detected 1 oom-kill event(s) in StepId=4812351.batch', /memory/],
  ['job.sh: line 14: apptainer: command not found', /program or file is missing/],
  ['FATAL:   could not open image /data/chroma.sif: image format not recognized', /image/],
  ["thread 'main' panicked at rust/frontend/src/lib.rs:42:10", /crashed/],
  ['Error: unknown field: found `profile`, expected one of `port`', /configuration/],
]

describe('the decisive line of a Chroma log', () => {
  const noise = ['SLURM_JOB_ID: 4812351', 'listens on 127.0.0.1:39857', '']
  for (const [line, cause] of CASES)
    it(line, () => {
      const found = explainChroma([...noise, line, 'ended: failed'])
      expect(found).to.include({ line, index: noise.length })
      expect(found!.cause).to.match(cause)
    })

  it('is not found where there is none', () => {
    expect(explainChroma(noise)).to.equal(undefined)
  })

  it('is the cause, not what follows from it', () => {
    const found = explainChroma(["thread 'main' panicked at src/lib.rs", 'os error 28'])
    expect(found!.cause).to.equal('no space left on the device')
  })
})
