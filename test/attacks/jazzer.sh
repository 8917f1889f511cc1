#!/usr/bin/env bash
# Coverage-guided fuzzing of every endpoint by Jazzer.js, outside of the project's own dependencies:
#   test/attacks/jazzer.sh [runs]        a million runs unless told otherwise
# Needs Linux x64, npm and, where glibc is older than 2.38, the Debian mirror, whose newer one is then used for Jazzer alone.
set -euo pipefail
cd "$(dirname "$0")/../.."
runs=${1:-1000000}
work=.build/jazzer
node=node_modules/node/bin/node
mkdir -p "$work"

[ -d "$work/node_modules/@jazzer.js" ] ||
  npm install --prefix "$work" --no-save --no-audit --no-fund --loglevel=error @jazzer.js/core@4.0.0

launch=("$node")
if [ "$(printf '%s\n' 2.38 "$(getconf GNU_LIBC_VERSION | cut -d' ' -f2)" | sort -V | head -1)" != 2.38 ]; then
  libraries=$work/glibc/usr/lib/x86_64-linux-gnu
  if [ ! -e "$libraries/libc.so.6" ]; then
    mirror=http://deb.debian.org/debian
    curl -fsS "$mirror/dists/trixie/main/binary-amd64/Packages.xz" | xz -dc |
      awk '/^Package: (libc6|libstdc\+\+6|libgcc-s1)$/ { wanted = 1 } wanted && /^Filename:/ { print $2; wanted = 0 }' |
      while read -r file; do
        curl -fsS "$mirror/$file" -o "$work/package.deb"
        dpkg -x "$work/package.deb" "$work/glibc"
      done
  fi
  launch=("$libraries/ld-linux-x86-64.so.2" --library-path "$libraries" "$node")
fi

node_modules/.bin/esbuild test/attacks/jazzer.target.ts --bundle --platform=node --format=cjs \
  --outfile="$work/target.cjs" --log-level=error
LOG_LEVEL=SILENT "${launch[@]}" "$work/node_modules/@jazzer.js/core/dist/cli.js" "$work/target.cjs" \
  --includes target.cjs -- "-runs=$runs" -max_len=4096 -print_final_stats=1
