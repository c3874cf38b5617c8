#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs the packages of scripts/packages.sh in a fresh, minimal Debian, builds and runs a
# stranger's programs there by pkg-config and by CMake, fits a table, and purges everything again.
# Takes root and the system's package archive; a minute or two, so it is no part of
# scripts/test.sh.
#
#   tests/install/packages.sh
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_dir=$(cd "$here/../.." && pwd)
[ "$(id -u)" -eq 0 ] || { echo "packages: a chroot takes root"; exit 1; }

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
heading() { printf '\n-- %s\n' "$*"; }
die() {
  echo "packages: $*"
  exit 1
}
quietly() { "$@" >"$root/log" 2>&1 || { tail -n 40 "$root/log"; die "failed: $*"; }; }
inside() { chroot "$root" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
  DEBIAN_FRONTEND=noninteractive "$@"; }

heading "the packages"
quietly "$source_dir/scripts/packages.sh"
debs=("$source_dir"/build/packages/packages/*.deb)
# Those for MPI, which are there where it was, are looked at and not installed: MPI is a hundred packages.
of_mpi=()
for i in "${!debs[@]}"; do
  case ${debs[i]} in *reel-mpi*) of_mpi+=("${debs[i]}") && unset 'debs[i]' ;; esac
done
debs=("${debs[@]}")
[ ${#debs[@]} -eq 4 ] || die "expected 4 packages, found ${#debs[@]}"
if command -v mpicc >/dev/null; then
  [ ${#of_mpi[@]} -eq 2 ] || die "expected 2 packages for MPI, found ${#of_mpi[@]}"
  listed=$(for deb in "${of_mpi[@]}"; do dpkg-deb -c "$deb"; done)
  for file in usr/bin/reel-mpi usr/include/reel/mpi.h libreel_mpi.a pkgconfig/reel-mpi.pc; do
    grep -q "$file" <<<"$listed" || die "no package has $file"
  done
fi
for deb in "${debs[@]}"; do
  printf '%s: %s\n' "${deb##*/}" "$(dpkg-deb -f "$deb" Depends)"
done

heading "a minimal system"
# The suite and the archive are this system's own.
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
archive=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $suite" | head -n 1)
quietly debootstrap --variant=minbase "$suite" "$root/debian" "$archive"
root=$root/debian
trap 'rm -rf "${root%/debian}"' EXIT
mkdir "$root/srv/stranger"
cp "${debs[@]}" "$root/srv/stranger"
cp -r "$here"/downstream-* "$source_dir/examples/data" "$root/srv/stranger"

heading "install, without what is only recommended"
quietly inside apt-get install -y --no-install-recommends gcc g++ libc6-dev cmake make pkg-config
inside find / -xdev -not -path '/srv/stranger/*' | sort >"${root%/debian}/before"
quietly inside sh -c 'apt-get install -y --no-install-recommends /srv/stranger/*.deb'
inside ldconfig -p | grep 'libreel\.so\.' >/dev/null || die "the loader does not know libreel"

heading "by pkg-config, shared and static"
quietly inside sh -c 'cc -std=c11 -o /srv/stranger/shared /srv/stranger/downstream-c/main.c $(pkg-config --cflags --libs reel)'
inside /srv/stranger/shared
quietly inside sh -c 'cc -std=c11 -o /srv/stranger/static /srv/stranger/downstream-c/main.c \
  $(pkg-config --static --cflags --libs reel | sed "s/-lreel/-l:libreel.a/")'
inside /srv/stranger/static

heading "by CMake, in C and C++"
for project in downstream-c downstream-cxx; do
  quietly inside cmake -S "/srv/stranger/$project" -B "/srv/stranger/build-$project"
  quietly inside cmake --build "/srv/stranger/build-$project"
  for program in "$root/srv/stranger/build-$project"/use_*; do
    inside "${program#"$root"}"
  done
done

heading "the program"
inside reel --version
inside reel fit /srv/stranger/data/houses.csv --target price --out /srv/stranger/model.safetensors | tail -n 3
inside reel predict /srv/stranger/model.safetensors /srv/stranger/data/new.csv --out /srv/stranger/predictions.csv
[ -s "$root/srv/stranger/predictions.csv" ] || die "there are no predictions"

heading "each package says whose it is, and under which licence"
for deb in "${debs[@]}"; do
  name=$(dpkg-deb -f "$deb" Package)
  for file in copyright licences.md changelog.gz; do
    dpkg-deb -c "$deb" | grep "/usr/share/doc/$name/$file" >/dev/null || die "$name has no $file"
  done
done
echo "yes"

heading "purge: nothing is left"
names=()
for deb in "${debs[@]}"; do names+=("$(dpkg-deb -f "$deb" Package)"); done
quietly inside apt-get purge -y --autoremove "${names[@]}"
inside find / -xdev -not -path '/srv/stranger/*' | sort >"${root%/debian}/after"
left=$(comm -13 "${root%/debian}/before" "${root%/debian}/after" |
  grep -vE '^/(tmp|var/(log|cache|lib/(apt|dpkg)))/' || true)
[ -z "$left" ] || die "these are left: $left"
echo "nothing"
