#!/bin/sh
# demo.sh GRANARY: a server on :4242 with its data in ./granary-data, mirrors of CRAN and PyPI, and two demo
# repositories; Ctrl-C stops it. What is there already is kept: repositories, packages, and the settings in
# granary-data/granary.gcfg. DEMO_PORT is another port; GRANARY_... variables are settings, as ever.
set -eu
cd "$(dirname "$0")/.."

granary=$1
data=$PWD/granary-data
config=$data/granary.gcfg
port=${DEMO_PORT:-4242}
url=http://localhost:$port

mkdir -p "$data"
if [ ! -e "$config" ]; then
  cat >"$config" <<EOF
; Settings of the demo server, made once by tools/demo.sh: edit as you like.
[Server]
Address = $url
DataDir = $data
SockFileDir = $data

[HTTP]
Listen = :$port

[Repos]
CRAN = cran
PyPI = pypi
EOF
fi

if python3 -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1)' "$port" 2>/dev/null; then
  echo "port $port is in use: stop the server that listens there (an earlier 'make run'?)" >&2
  exit 1
fi

"$granary" serve -c "$config" &
server=$!
stop() {
  trap - INT TERM
  kill "$server" 2>/dev/null || true
  wait "$server" || true
}
trap 'stop; exit 0' INT TERM

tries=0
until "$granary" list sources -c "$config" >/dev/null 2>&1; do
  tries=$((tries + 1))
  if ! kill -0 "$server" 2>/dev/null || [ $tries -gt 100 ]; then
    stop
    echo "the server did not start: its messages are above; 'granary check-config -c $config' may say more" >&2
    exit 1
  fi
  sleep 0.1
done

packages=$PWD/build/examples
rm -rf "$packages"
python3 tools/pack_examples.py "$packages"

# demo KIND TYPE-OF-SOURCE FOLDER
demo() {
  "$granary" create source -c "$config" --name "demo-$1" --type "$2" --succeed-on-existing
  "$granary" add -c "$config" --source "demo-$1" --path "$packages/$1" --succeed-on-existing
  "$granary" create repo -c "$config" --name "demo-$1" --type "$1" --succeed-on-existing
  "$granary" subscribe -c "$config" --repo "demo-$1" --source "demo-$1" --succeed-on-existing
}
{ demo r local && demo python local-python; } >"$data/demo.log" 2>&1 || {
  cat "$data/demo.log" >&2
  stop
  exit 1
}

cat <<EOF

Granary listens on $url: open it in a browser for what is there. Its data is in $data.

All of CRAN and of PyPI, any day of their past, once they are synchronised (a minute or two the first time):
  install.packages("praise", repos = "$url/cran/latest")
  pip install --index-url $url/pypi/latest/simple/ requests
How far that is, and what is wrong if it does not come:
  $granary info -c $config --source cran
  $granary sync -c $config

The demo packages, in R:
  install.packages("silo", repos = "$url/demo-r/latest")
  silo::describe(phi = c(0, 1, 2, 3), mass = c(5, 40, 45, 10))

With pip, in a virtual environment:
  pip install --index-url $url/demo-python/latest/simple/ grainsift
  grainsift 0.3

To publish your own:
  $granary add -c $config --source demo-r --path yourpackage_1.0.tar.gz

Ctrl-C stops the server; 'make run' again keeps what is there.
EOF
wait "$server"
