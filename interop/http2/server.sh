# For the scripts beside this one: builds and starts dev.segue.http2.InteropServer.

work=$(mktemp -d)
server=
java_options=()

stop_server() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    server=
  fi
}

finish_server() {
  stop_server
  rm -rf "$work"
}
trap finish_server EXIT

build_server() {
  . tools/jdk.sh
  find_jdk
  mvn -q -B -pl transport/http2 -am -Dchecks.skip -DskipTests package
  class_path=transport/http2/target/test-classes:transport/http2/target/classes
  class_path+=:$(cat transport/http2/target/classpath)
}

make_identity() {
  [ ! -f "$work/cert.pem" ] || return 0
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
    -keyout "$work/key.pem" -out "$work/cert.pem" -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>/dev/null
}

# start_server h2c|tls [FILE]: on any free port; sets port and server.
start_server() {
  local mode=$1 options=()
  shift
  if [ "$mode" = tls ]; then
    make_identity
    options=("$work/cert.pem" "$work/key.pem")
  fi
  : >"$work/log"
  "$jdk/bin/java" "${java_options[@]}" --enable-native-access=ALL-UNNAMED -cp "$class_path" \
    dev.segue.http2.InteropServer 0 "${options[@]}" "$@" >"$work/log" 2>&1 &
  server=$!
  for _ in $(seq 300); do
    port=$(sed -n 's/^listening on .*:\([0-9]*\)$/\1/p' "$work/log")
    [ -z "$port" ] || return 0
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  echo "the server did not start:" >&2
  cat "$work/log" >&2
  return 1
}
