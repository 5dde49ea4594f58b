#!/bin/sh
# Installs the npm packages of package-lock.json, once per content of that file.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

for tool in node npm git; do
  if ! command -v "$tool" >/dev/null 2>&1; then
    say "'$tool' isn't on the path: install Git and Node.js 20 or newer with npm, then run this again."
    exit 1
  fi
done
major=$(node -p 'process.versions.node.split(".")[0]')
if [ "$major" -lt 20 ]; then
  say "Node.js $(node -v) is too old to install the packages: 20 or newer is needed."
  exit 1
fi

stamp=node_modules/.stamp
wanted=$(cat package-lock.json .npmrc | cksum)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
  exit 0
fi

# Warnings are about the host's Node: scripts run on the Node 24 that is installed here.
if [ -f "$stamp" ]; then
  say "package-lock.json changed: updating npm packages (usually a few seconds) …"
  npm install --no-save --ignore-scripts --loglevel=error
else
  say "Installing npm packages (usually 20 to 60 s) …"
  npm ci --ignore-scripts --loglevel=error
fi
# Only these two need their install scripts. better-sqlite3 brings its binary, and npm would compile it again.
npm rebuild --loglevel=error node @bufbuild/buf

version=$(node_modules/.bin/node -v 2>/dev/null || echo none)
case $version in
  v24.*) ;;
  *)
    say "The 'node' package didn't install Node 24 (found: $version): its install script was blocked, or the registry lacks it for this platform."
    exit 1
    ;;
esac
printf '%s\n' "$wanted" >"$stamp"
