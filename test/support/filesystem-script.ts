import { chmod, writeFile } from 'node:fs/promises'

/** A program that is to the job what io500 is, in bash and without MPI: one process of one. It measures nothing, and says what it is told to. */
const SCRIPT = `#!/bin/bash
# io500-isc26_v2-script
if [[ \${1:-} == --list ]]; then
  cat <<'LIST'
# Supported and current values of the ini file:
[global]
datadir = ./datafiles
timestamp-datadir = TRUE
resultdir = ./results
timestamp-resultdir = TRUE
api = POSIX
drop-caches = FALSE
[debug]
stonewall-time = 300
[ior-easy]
transferSize = 2m
blockSize = 9920000m
[ior-hard]
segmentCount = 10000000
[mdtest-easy]
n = 1000000
[mdtest-hard]
n = 1000000
LIST
  exit 0
fi
value() { sed -n "s/^$1 *= *//p" "$ini" | tail -n 1; }
ini=$1
results=$(value resultdir) data=$(value datadir)
mkdir -p "$results" "$data/ior-easy" "$data/mdtest-hard"
out=$results/result.txt
say() { printf '%-15s = %s\\n' "$1" "$2" >>"$out"; }
: >"$out"
echo '[run]' >>"$out"
say procs 1
say version io500-isc26_v2-script
say result-dir "$results"
say mode standard
echo "; START $(date '+%F %T')" >>"$out"
echo 'IO500 version io500-isc26_v2-script (standard)'
if [[ \${2:-} == --dry-run ]]; then exit 0; fi
cp "$ini" "$results/config-orig.ini"
for phase in ior-easy-write mdtest-easy-write; do
  printf '\\n[%s]\\n' "$phase" >>"$out"
  say t_start "$(date '+%F %T')"
  head -c 4096 /dev/zero >"$data/ior-easy/$phase"
  if [[ \${SCRIPT_FAULT:-} == "$phase" ]]; then
    echo 'WARNING: write(9, 0x1, 4096) failed No space left on device' >&2
    exit 255
  fi
  if [[ \${SCRIPT_SLEEP:-} == "$phase" ]]; then sleep 60; fi
  sleep "\${SCRIPT_PHASE_S:-0}"
  say score 1.5
  say t_delta 0.5
  say t_end "$(date '+%F %T')"
  echo "[RESULT] $phase 1.500000 GiB/s : time 0.500 seconds"
done
`

export async function filesystemScript(path: string): Promise<string> {
  await writeFile(path, SCRIPT)
  await chmod(path, 0o755)
  return path
}
