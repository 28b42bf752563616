#!/bin/sh
# build-commit.sh COMMIT: builds the release binary of a commit, once, and prints where it is.
set -eu
cd "$(dirname "$0")/.."
commit=$(git rev-parse --verify --quiet "$1^{commit}") || {
    echo "'$1' is no commit of this checkout: git log says which there are" >&2
    exit 1
}
folder=$PWD/build/commits/$commit
if ! [ -x "$folder/granary" ]; then
    rm -rf "$folder"
    git worktree prune
    git worktree add --quiet --detach "$folder/tree" "$commit"
    trap 'git worktree remove --force "$folder/tree"' EXIT
    CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=$folder/tree "$folder/tree/tools/build.sh" release granary >&2
    mv "$folder/tree/build/release/src/app/granary" "$folder/granary"
fi
echo "$folder/granary"
