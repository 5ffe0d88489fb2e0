#!/usr/bin/env bash
# Sourced by the tests of the documents: a server of their own, in an empty folder, which they reach under the address
# that the documents name. usage: source fresh_server.sh; start_server [NAME=VALUE…]
#
# The server listens on a port of its own but calls itself http://localhost:8080; `connect-to` in a .curlrc leads curl
# from there to it. So the lines run as they stand, whatever else listens on 8080. PUBLIC_BASE_URL= lets it call itself
# what it is, for clients that are not curl. Sets: folder, port.
folder="$(mktemp -d)"
port=""
server=""

stop_server() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  [ -z "$server" ] || wait "$server" || true
  server=""
}

clean_up() {
  stop_server
  rm -rf "$folder"
}
trap clean_up EXIT

say_log() {
  echo "the server's log:" >&2
  cat "$folder/log" >&2
}

start_server() {
  local program="${LIGHTFAST_BINARY:?names the program}" attempt
  export CURL_HOME="$folder"
  for attempt in 1 2 3 4 5; do  # another test may take the same port between choosing and listening
    port="$((20000 + (RANDOM * 32768 + RANDOM) % 12000))"
    printf 'connect-to = "localhost:8080:localhost:%s"\nnoproxy = "*"\nmax-time = 60\n' "$port" >"$folder/.curlrc"
    (cd "$folder" && exec env PUBLIC_BASE_URL=http://localhost:8080 "$@" PORT="$port" "$program" 2>"$folder/log") &
    server=$!
    until curl -fsS -o /dev/null http://localhost:8080/readyz 2>/dev/null; do
      kill -0 "$server" 2>/dev/null || break
      sleep 0.1
    done
    if kill -0 "$server" 2>/dev/null; then return 0; fi
    server=""
    echo "attempt $attempt: the server ended" >&2
  done
  say_log
  return 1
}

# block FILE MARK: the fenced blocks of the document FILE, each of them the one after a comment that holds MARK.
block() {
  awk -v mark="$2" '
    inside && /^```/ { inside = 0; next }
    inside { print }
    seen && /^```/ { inside = 1; seen = 0 }
    /^<!--/ && index($0, mark) { seen = 1 }' "$1"
}
