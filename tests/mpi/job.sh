# SPDX-License-Identifier: MIT
# job <processes> <program> <argument>...: as mpirun does it, also for root, and with more processes than cores.
# The processes yield while they wait, as they share the cores, and none is bound to one.
job() {
  local processes=$1
  shift
  timeout 120 "$mpirun" --oversubscribe --allow-run-as-root --bind-to none --mca mpi_yield_when_idle 1 \
    --mca btl self,vader --mca btl_vader_single_copy_mechanism none --mca orte_tmpdir_base "$work" -n "$processes" "$@"
}
