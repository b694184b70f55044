#!/usr/bin/env bash
# Installs what PyICU is built with, where that is missing and the user may; else names the command.
set -euo pipefail
packages=(g++ libicu-dev pkg-config)

if pkg-config --exists icu-i18n 2>/dev/null && command -v g++ >/dev/null; then
  exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update --quiet=2
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 "${packages[@]}"
  exit 0
fi
printf 'missing: ICU and its headers\n  install them with: apt-get install %s\n' "${packages[*]}" >&2
exit 1
