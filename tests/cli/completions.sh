#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the completions offer, asked as the shells ask.
#
#   tests/cli/completions.sh bash|fish|zsh
set -euo pipefail
shell=$1
completions=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../cli/completions" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
failures=0

printf '\xef\xbb\xbfarea,"year built",district,price\r\n80,1990,"North, upper",200000\r\n' >houses.csv
printf 'width;height\n1,5;2,5\n' >decimal.csv
: >model.safetensors

# bash calls the function with the words so far, of which the last is to be completed.
ask_bash() {
  # shellcheck disable=SC2016
  bash -euc 'compopt() { :; }
    source "$1/reel.bash"
    shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _reel
    [ ${#COMPREPLY[@]} -eq 0 ] || printf "%s\n" "${COMPREPLY[@]}"' bash "$completions" "$@"
}

# fish has a command for it, which adds descriptions after a tab.
ask_fish() {
  # shellcheck disable=SC2016
  HOME=$work fish -c 'source $argv[1]/reel.fish
    complete -C (string join " " -- $argv[2..-1])' "$completions" "$@" | cut -f 1
}

# zsh completes only what is typed on a terminal, so one is made; what it then shows is read for up to 20
# seconds, until all that is wanted is in it. Prints that, or what there was instead.
ask_zsh() {
  # shellcheck disable=SC2016
  HOME=$work TERM=dumb zsh -fc 'zmodload zsh/zpty
    zpty shell zsh -fi
    zpty -w shell "stty -echo; fpath=(${(q)1} \$fpath); autoload -Uz compinit; compinit -u -D; print rea\"\"dy"
    zpty -r shell line "*ready*"
    zpty -n -w shell "$2"
    wanted=("${(@f)3}") shown="" SECONDS=0
    while (( SECONDS < 20 )); do
      zpty -rt shell line && shown+=$line || sleep 0.05
      missing=0
      for word in $wanted; do [[ $shown == *$word* ]] || missing=1; done
      if (( ! missing )); then print -r -- "$3"; exit; fi
    done
    print -r -- "$shown"' zsh "$completions" "$*"$'\t' "$wanted"
}

# offers <word>... -- <word>...: for the first words exactly the second are offered, in any order.
offers() {
  local given=() wanted got
  while [ "$1" != -- ]; do
    given+=("$1")
    shift
  done
  shift
  wanted=$(printf '%s\n' "$@" | sort)
  got=$("ask_$shell" "${given[@]}" | sort)
  if [ "$got" != "$wanted" ]; then
    printf '%s: for "%s" these were expected:\n%s\nand offered:\n%s\n' "$shell" "${given[*]}" "$wanted" "$got"
    failures=$((failures + 1))
  fi
}

spaced='year built' # as it is typed
[ "$shell" = fish ] || spaced='year\ built'
offers reel fit --missing '' -- median error
offers reel fit --loss '' -- l1 mse huber smooth_l1 quantile log_cosh bce poisson cross_entropy
offers reel fit houses.csv --target '' -- area "$spaced" district price
offers reel fit decimal.csv --target '' -- width height
if [ "$shell" != zsh ]; then # which shows only what is left of a word
  offers reel ev -- evaluate
  offers reel fit --validation -- --validation-fraction
  offers reel fit --loss h -- huber
  offers reel fit houses.csv --target p -- price
  offers reel fit houses.csv --drop area,d -- area,district
  offers reel fit --target x -- ''
  offers reel predict mod -- model.safetensors
fi
if [ "$shell" = bash ]; then # which breaks the line at =
  offers reel '' -- evaluate explain export fit inspect lab predict --help --version
  offers reel fit --loss = h -- huber
  offers reel fit --loss = -- l1 mse huber smooth_l1 quantile log_cosh bce poisson cross_entropy
fi

[ "$failures" -eq 0 ] || exit 1
echo "completions in $shell: as they should be"
