import { expect } from 'chai'
import { explainLustre } from '../../../../src/lib/services/lustre/explain.js'

describe('why a run of the file system’s benchmark failed', () => {
  for (const [line, cause] of [
    ['WARNING: write(9, 0x1) failed No space left on device', 'no space was left'],
    ['ior ERROR: open64("/x", 66) failed, errno 122, Disk quota exceeded', 'your quota is used up'],
    ['mpirun has detected an attempt to run as root.', 'starts nothing for root'],
    ['There are not enough slots available in the system', 'fewer slots'],
    ["ERROR: Backend doesn't support MDTest", 'not built with the API'],
    ['io500: error while loading shared libraries: libmpi.so.40', 'a library of the program'],
    ['slurmstepd: error: Detected 1 oom-kill event(s)', 'ran out of memory'],
    ['write failed: Transport endpoint is not connected', 'the file system went away'],
    ['FATAL (src/main.c:34) Cannot open config file x.ini', 'does not take the ini file'],
  ])
    it(`${cause}: from the line that says so`, () => {
      const found = explainLustre(['starts', line, 'MPI_ABORT was invoked on rank 0', 'ends'])
      expect(found?.cause).to.include(cause)
      expect(found).to.include({ line, index: 1 })
    })

  it('is what the job has concluded itself, with what it rests on and what to try', () => {
    const at = '2026-11-27T03:00:00.000Z aibench:'
    expect(
      explainLustre([
        'No space left on device',
        `${at} ✗ No way was found to start io500 as 4 processes.`,
        `${at}   mpirun: 4 processes were asked for, and the program was 1`,
        `${at}   try --module M`,
      ]),
    ).to.deep.equal({
      cause: 'no way was found to start io500 as 4 processes',
      line: 'mpirun: 4 processes were asked for, and the program was 1',
      index: 1,
      hints: ['--module M'],
    })
  })

  it('is not known where nothing says it', () => {
    expect(explainLustre(['all is well'])).to.equal(undefined)
  })
})
