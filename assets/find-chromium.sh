#!/usr/bin/env bash
# Print the path of a Chromium or Chrome for the browser tests; with --install, get Debian's if none is there.
set -euo pipefail

find_browser() {
  if [ -n "${CHROMIUM:-}" ]; then
    command -v "$CHROMIUM" && return
    echo "CHROMIUM is set to $CHROMIUM, which is not a program." >&2
    exit 1
  fi
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" && return
  done
  return 1
}

if find_browser; then exit 0; fi
if [ "${1:-}" = "--install" ] && command -v apt-get >/dev/null; then
  as_root=""
  [ "$(id -u)" = 0 ] || as_root="sudo -n"
  echo "Installing Chromium with apt-get ..." >&2
  if $as_root apt-get update -qq >&2 && \
     DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq chromium >/dev/null; then
    find_browser && exit 0
  fi
fi
echo "Missing: Chromium. Install it (Debian: apt-get install chromium) or set CHROMIUM=/path/to/browser." >&2
exit 1
