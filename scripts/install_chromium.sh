#!/usr/bin/env bash
# Installs the Chromium that the tests of the workbench drive, where there is none and the user may;
# else names the command. Without it those tests skip, saying so.
set -euo pipefail

for name in chromium chromium-browser google-chrome; do
  if [ -x "/usr/bin/$name" ]; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update --quiet=2
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 chromium
  exit 0
fi
printf 'no Chromium, so the tests of the workbench in a browser skip\n' >&2
printf '  install it with: apt-get install chromium\n' >&2
