import { expect } from 'chai'
import { explainMonitors } from '../../../../src/lib/services/monitors/explain.js'

/** The first ones as Prometheus 3.16 and 2.42 log them; those of a full disk, of rights and of a panic as such messages look. */
const LINES: readonly [line: string, cause: string][] = [
  [
    'time=2026-11-27T06:55:20.426Z level=ERROR source=main.go:774 msg="Error loading config (--config.file=bad.yml)" file=/tmp/x/bad.yml err="parsing YAML file bad.yml: yaml: unmarshal errors:\\n  line 2: field scrape_intervall not found in type config.plain"',
    'Prometheus rejected its configuration',
  ],
  [
    'time=2026-11-27T06:55:28.089Z level=ERROR source=main.go:1678 msg="Fatal error" err="opening storage failed: lock DB directory: resource temporarily unavailable"',
    'another Prometheus is using the same database directory',
  ],
  [
    "Error parsing commandline arguments: unknown long flag '--web.enable-otlp-receiver'",
    'the program does not know an option that aibench gave it',
  ],
  [
    'ts=2026-11-27T06:55:33.570Z caller=query_logger.go:113 level=error msg="Failed to create directory" err="mkdir /data: permission denied"',
    'a file or directory can’t be written',
  ],
  [
    'level=ERROR source=db.go:1 msg="append failed" err="write data/wal/00000000: no space left on device"',
    'no space left for the metrics database',
  ],
  [
    'AIB_TSDB_SHARED /scratch/x is on Lustre: a crash there can destroy the data',
    'the database directory is on a shared file system',
  ],
  ['panic: runtime error: invalid memory address', 'the server crashed'],
]

describe('why monitors failed', () => {
  for (const [line, cause] of LINES)
    it(`is found in the log: ${cause}`, () => {
      const found = explainMonitors(['level=INFO msg="Starting"', line, 'level=INFO msg="bye"'])
      expect(found).to.include({ cause, line, index: 1 })
    })

  it('is not made up', () => {
    expect(explainMonitors(['level=INFO msg="Server is ready to receive web requests."'])).to.equal(
      undefined,
    )
  })
})
