#!/bin/sh
# The tables and plots of docs/performance.md, measured in pieces: each takes less
# than two minutes, so that a machine can be kept quiet for it.
#
#   sh tests/bench/load/pieces.sh FOLDER      all of them, then the docs
#   sh tests/bench/load/pieces.sh FOLDER N    piece N alone, or `docs`
#
# All of it takes some thirteen minutes. In the environment: WRAP is put before each
# measurement (what waits for a quiet machine), PEERS names others for the plain table.
set -eu
mkdir -p "$1"
folder=$(cd "$1" && pwd)
peers=${PEERS:-nginx,haproxy}
cd "$(dirname "$0")/../../.."

bench() {
  ${WRAP:-} deno task bench:load --seconds 2 --rounds 2 "$@"
}

piece() {
  case $1 in
    1) bench --peers "$peers" --workloads 'pass,pass-browser,pass-1m,hit' --save "$folder/1.json" ;;
    2) bench --peers "$peers" --workloads 'hit-browser,hit-100k,zipf' --save "$folder/2.json" ;;
    3) bench --peers "$peers" --workloads 'gzip*,churn,upload' --save "$folder/3.json" ;;
    4) bench --peers "$peers" --workloads 'lat-*,start' --save "$folder/4.json" ;;
    5) bench --peers nginx --workloads 'memory' --save "$folder/5.json" ;;
    6) bench --peers "$peers" --workloads 'idle,workers' --save "$folder/6.json" ;;
    7) bench --peers nginx --workloads 'site-hit*,site-page,site-file,site-missing' --save "$folder/7.json" ;;
    8) bench --peers nginx --workloads 'site-pass-tls,site-file-tls' --save "$folder/8.json" ;;
    # Not beside Caddy: with a thousand hosts Debian's takes 12 ms for each request.
    9) bench --peers nginx --workloads 'site-pass,site-mix' --save "$folder/9.json" ;;
    docs)
      from=$(ls "$folder"/*.json | tr '\n' ',')
      deno task bench:load --from "$from" --write-docs
      ;;
  esac
}

if [ $# -gt 1 ]; then
  piece "$2"
else
  for each in 1 2 3 4 5 6 7 8 9 docs; do
    # One that is refused has no figure, and the report says why.
    piece "$each" || echo "piece $each is not whole" >&2
  done
fi
