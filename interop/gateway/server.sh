# Sourced by the scripts beside it: a gateway in a process of its own, which ends with the script.
#   start_gateway [OPTION…]   sets port, server (its process), endpoint (Zenoh's) and work (a folder)
# SEGUE names another launcher than ./segue.

work=$(mktemp -d)
server=
others=()
finish() {
  local each
  for each in ${others[@]+"${others[@]}"} $server; do
    kill "$each" 2>/dev/null || true
    wait "$each" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap finish EXIT

start_gateway() {
  endpoint=tcp/127.0.0.1:$((20000 + RANDOM % 20000))
  "${SEGUE:-./segue}" serve --h2c --port 0 --no-scouting --zenoh-listen "$endpoint" "$@" >"$work/out" 2>"$work/err" &
  server=$!
  port=
  for _ in $(seq 600); do
    port=$(sed -n 's|^serving on http://localhost:\([0-9]*\)/.*|\1|p' "$work/out")
    [ -z "$port" ] || return 0
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  cat "$work/err" >&2
  return 1
}

# needs MODULE…: fails where CI is, else skips, if Python lacks one of them.
needs() {
  python=${PYTHON:-python3}
  local each
  for each in "$@"; do
    "$python" -c "import $each" 2>/dev/null && continue
    [ -z "${CI:-}" ] || { echo "$python has no $each, which CI needs" >&2; exit 1; }
    echo "skipped: $python has no $each"
    exit 0
  done
}
