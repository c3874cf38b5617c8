# SPDX-License-Identifier: MIT
# To be sourced. install_for <command> <package>...: installs Debian's packages where the command is
# missing; false where that cannot be done.
install_for() {
  local command=$1 as_root=()
  shift
  command -v "$command" >/dev/null && return
  [ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
  # An update that fails, as while another one runs, leaves the lists that are there.
  ! command -v apt-get >/dev/null || "${as_root[@]}" apt-get update >&2 || true
  if ! command -v apt-get >/dev/null ||
    ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      -o DPkg::Lock::Timeout=120 "$@" >&2; then
    echo "there is no $command; on Debian it is in: $*"
    return 1
  fi
}
