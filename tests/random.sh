# SPDX-License-Identifier: MIT
# Random numbers in awk programs that are the same in every awk, whose rand() are not: awk "$random"'BEGIN { seed(1); … uniform() … }'.
# Source: Park, Miller, Random number generators: good ones are hard to find, 1988.
# shellcheck disable=SC2016,SC2034
random='function seed(number) { state = 1e6 + number; uniform(); uniform() }
function uniform() { state = 16807 * state % 2147483647; return state / 2147483647 }
'
