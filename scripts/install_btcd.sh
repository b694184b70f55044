#!/usr/bin/env bash
# Builds btcd, the node that tests of rpc: and watch run against, into .btcd/bin; from Go's module
# cache where it is there, else over its proxy. Where neither can be, those tests skip, saying so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

module=github.com/btcsuite/btcd@v0.26.2
folder=$PWD/.btcd

if [ -x "$folder/bin/btcd" ] && [ "$(cat "$folder/version" 2>/dev/null)" = "$module" ]; then
  exit 0
fi
if ! command -v go >/dev/null; then
  printf 'install: no btcd, for there is no Go (https://go.dev/dl or apt-get install golang)\n' >&2
  exit 0
fi
printf 'install: %s into .btcd\n' "$module"
mkdir -p "$folder"

# On regtest btcd throws its chain away whenever it starts. Bitcoin Core does not, and a test that
# stops and starts a node needs it to keep it: the one call that does so is left out of the build.
build() {
  local cached
  cached=$(go mod download -json "$module" | sed -n 's/^\t"Dir": "\(.*\)",*$/\1/p') &&
    test -n "$cached" &&
    rm -rf "$folder/source" &&
    cp -R "$cached" "$folder/source" &&
    chmod -R u+w "$folder/source" &&
    sed -i.kept '/^\tremoveRegressionDB(dbPath)$/d' "$folder/source/btcd.go" &&
    ! cmp -s "$folder/source/btcd.go" "$folder/source/btcd.go.kept" &&
    (cd "$folder/source" && go build -trimpath -buildvcs=false -o "$folder/bin/btcd" .)
}

for proxy in off "$(go env GOPROXY)"; do
  export GOPROXY=$proxy
  if build >"$folder/log" 2>&1; then
    rm -rf "$folder/source"
    printf '%s\n' "$module" >"$folder/version"
    exit 0
  fi
done
tail -3 "$folder/log" >&2
printf 'install: btcd could not be built; '\''make .btcd'\'' tries again\n' >&2
