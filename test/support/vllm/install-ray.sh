#!/bin/bash
# Installs a real Ray in DIR/venv, and the stand-in for vLLM as its `vllm`: seconds, 200 MB. usage: install-ray.sh DIR [PYTHON]
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
dir=$1 python=${2:-python3}
if [[ ! -x $dir/venv/bin/ray ]]; then
  mkdir -p "$dir"
  "$python" -m venv "$dir/venv"
  "$dir/venv/bin/pip" install --quiet --disable-pip-version-check ray==2.60.0
fi
{ printf '#!%s\n' "$dir/venv/bin/python" && tail -n +2 "$here/ray_stand_in.py"; } >"$dir/venv/bin/vllm"
chmod 755 "$dir/venv/bin/vllm"
