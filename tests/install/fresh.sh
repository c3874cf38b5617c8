#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# README's commands as written in a fresh, minimal Debian or Ubuntu that has git and another BLAS: first as a user
# who may install nothing, who is told the packages; then as root, in a folder with spaces and umlauts; then again
# as that user, sources not to be written to, by Ninja alone and by Clang. Takes root, debootstrap, git and an
# archive; what the tutorial prints has to be PyTorch's. Minutes, so it is no part of scripts/test.sh.
#
#   tests/install/fresh.sh [--test] [SUITE [ARCHIVE]]      this system's suite and archive; --test: scripts/test.sh, too
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
[ "$(id -u)" -eq 0 ] || { echo "fresh: a chroot takes root"; exit 1; }
all=
if [ "${1-}" = --test ]; then
  all=1
  shift
fi
suite=${1-$(. /etc/os-release && echo "$VERSION_CODENAME")}
archive=${2-$(apt-get indextargets --format '$(REPO_URI)' "Codename: $(. /etc/os-release && echo "$VERSION_CODENAME")" | head -n 1)}
expected=$PWD/tests/data/tutorial/seed-0.txt

work=$(mktemp -d)
root=$work/$suite
leave() {
  local folder
  for folder in dev/pts sys proc; do
    ! mountpoint -q "$root/$folder" || umount "$root/$folder"
  done
  rm -rf "$work"
}
trap leave EXIT
die() {
  echo "fresh: $suite: $*"
  tail -n 40 "$work/log"
  exit 1
}
inside() { chroot "$root" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"; }
# as_user <command of a shell>: in the sources.
as_user() { inside su somebody -s /bin/sh -c "cd '$folder' && $1"; }
# tutorial <title> <as_user|inside> <command>...
tutorial() {
  local title=$1
  shift
  "$@" >"$work/printed" 2>"$work/log" || die "$title: exit status $?"
  cmp "$work/printed" "$expected" || die "$title: other digits"
  echo "$suite: $title: PyTorch's digits"
}

# A suite that this debootstrap has not heard of is made as its distribution's others are.
script=()
[ -e "/usr/share/debootstrap/scripts/$suite" ] ||
  script=("/usr/share/debootstrap/scripts/$(case $archive in *ubuntu*) echo jammy ;; *) echo sid ;; esac)")
check=()
case $archive in *ubuntu*) [ -e /usr/share/keyrings/ubuntu-archive-keyring.gpg ] || check=(--no-check-gpg) ;; esac
components=main
case $archive in *ubuntu*) components=main,universe ;; esac
debootstrap "${check[@]}" --variant=minbase --components="$components" --include=libblas-dev,liblapack-dev,git \
  "$suite" "$root" "$archive" "${script[@]}" >"$work/log" 2>&1 || die "debootstrap"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
ln -sf pts/ptmx "$root/dev/ptmx"
[ ! -e /etc/resolv.conf ] || cp /etc/resolv.conf "$root/etc"
printf '127.0.0.1 localhost %s\n' "$(uname -n)" >"$root/etc/hosts" # as every system has it: mpirun looks itself up
inside useradd -m somebody
folder="/srv/Übungen mit Reel"
git clone -q . "$root$folder"

if as_user ./scripts/tutorial.sh >"$work/log" 2>&1; then
  die "there is no compiler, and it builds"
fi
grep 'apt-get install .*gcc' "$work/log" || die "does not say what to install"
tutorial "a folder with spaces and umlauts" inside sh -c "cd '$folder' && ./scripts/tutorial.sh"
inside ldd "$folder/build/release/bin/l1_tutorial"
tutorial "sources that cannot be written to" as_user 'REEL_BUILD_DIR=/tmp/elsewhere ./scripts/tutorial.sh'
inside apt-get install -y --no-install-recommends ninja-build clang >"$work/log" 2>&1 || die "ninja, clang"
tutorial "Clang" as_user 'CC=clang REEL_BUILD_DIR=/tmp/clang ./scripts/tutorial.sh'
inside apt-get purge -y make >"$work/log" 2>&1 || die "make stays"
tutorial "Ninja, and no make" as_user 'REEL_BUILD_DIR=/tmp/ninja ./scripts/tutorial.sh'
[ -z "$all" ] || inside sh -c "cd '$folder' && ./scripts/test.sh" || { echo "fresh: $suite: scripts/test.sh"; exit 1; }
