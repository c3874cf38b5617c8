#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Writes the options that `reel COMMAND --help` lists into the manual pages and the completions, between
# the lines that name this script. A test fails where that would change a file. Another folder than
# cli is for that test.
#
#   scripts/options.sh [program] [folder]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
reel=${1:-build/release/bin/reel}
folder=${2:-cli}
separator=$'\x1f' # of fields; a tab would swallow empty ones

# The names that an option takes, from the message that another name gets.
choices() {
  { "$reel" "$1" "--$2=?" 2>&1 || true; } | sed -n 's/.*but there are //p' | tr -d ','
}

# options <command>: group, name, what it takes, its text and the names that it takes, one a line.
options() {
  local group="" name takes text names line
  ARGP_HELP_FMT=rmargin=4000 "$reel" "$1" --help |
    sed -nE 's/^ (.*[^ ]):$/\1/p; s/^  (   |-.,) --([a-z0-9-]+)(=([^ ]+))? +(.*)$/'"$separator\2$separator\4$separator\5/p" |
    while IFS= read -r line; do
      if [ "${line#"$separator"}" = "$line" ]; then
        group=$line
        continue
      fi
      IFS=$separator read -r _ name takes text <<<"$line"
      names=""
      case $takes in NAME | *'|'*) names=$(choices "$1" "$name") ;; esac
      case $name in help | usage | version) group="" ;; esac
      printf "%s$separator%s$separator%s$separator%s$separator%s\n" \
        "$group" "$name" "$takes" "$text" "$names"
    done
}

# In a manual page a group is a section, an option a tagged paragraph.
manual() {
  local group="-" next name takes text
  while IFS=$separator read -r next name takes text _; do
    if [ "$next" != "$group" ]; then
      [ "$group" = "-" ] || echo .El
      [ -z "$next" ] || echo ".Ss $next"
      echo '.Bl -tag -width Ds'
      group=$next
    fi
    echo ".It Fl -$name${takes:+ Ns = Ns Ar $takes}"
    sed 's/\\/\\e/g; s/\([.?!]\) \([A-Z]\)/\1\n\2/g; s/^[.'"'"']/\\\&&/' <<<"$text" # a sentence, a line
  done < <(options "$1")
  echo .El
}

# In bash, a line for each option: its name, then what it takes.
bash_words() {
  local name takes names
  while IFS=$separator read -r _ name takes _ names; do
    echo "--$name${takes:+ ${names:-$takes}}"
  done < <(options "$1")
}
bash_completion() {
  local command
  for command in fit evaluate predict inspect explain lab export; do
    printf "_reel_%s='\n%s\n'\n" "$command" "$(bash_words "$command")"
  done
}

# What a value may be, for zsh's _arguments.
zsh_value() {
  case $1 in
  FILE) echo ':file:_files' ;;
  COLUMN) echo ':column:_reel_columns' ;;
  COLUMNS) echo ':columns: _reel_columns ,' ;;
  *) echo ":$(tr 'A-Z|' 'a-z ' <<<"$1"):${2:+($2)}" ;;
  esac
}
zsh_completion() {
  local command name takes text names
  for command in fit evaluate predict inspect explain lab export; do
    echo "_reel_$command=("
    while IFS=$separator read -r _ name takes text names; do
      text=$(sed "s/[]:[]/\\\\&/g; s/'/'\\\\''/g" <<<"$text")
      echo "  '--$name${takes:+=}[$text]${takes:+$(zsh_value "$takes" "$names")}'"
    done < <(options "$command")
    echo ")"
  done
}

fish_value() {
  case $1 in
  '') ;;
  FILE) echo ' -r -F' ;;
  COLUMN) echo " -x -a '(__reel_columns)'" ;;
  COLUMNS) echo " -x -a '(__reel_columns ,)'" ;;
  *) echo " -x${2:+ -a '$2'}" ;;
  esac
}
fish_completion() {
  local command name takes text names
  for command in fit evaluate predict inspect explain lab export; do
    while IFS=$separator read -r _ name takes text names; do
      text=$(sed "s/['\\\\]/\\\\&/g" <<<"$text")
      echo "complete -c reel -n '__reel_command $command' -l $name$(fish_value "$takes" "$names") -d '$text'"
    done < <(options "$command")
  done
}

# replace <file>: its lines between the two marks become those of standard input.
replace() {
  local new
  new=$(mktemp)
  awk '/options, by scripts\/options.sh/ { print; while ((getline line < "-") > 0) print line; skip = 1; next }
       /end of the options/ { skip = 0; ends++ }
       !skip { print }
       END { exit ends != 1 }' "$1" >"$new" || { echo "$1: the two marks are not there"; exit 1; }
  cat "$new" >"$1"
  rm "$new"
}

[ -x "$reel" ] || { echo "there is no program $reel: build it, or name another"; exit 1; }
for command in fit evaluate predict inspect explain lab export; do
  manual "$command" | replace "$folder/man/reel-$command.1"
done
bash_completion | replace "$folder/completions/reel.bash"
zsh_completion | replace "$folder/completions/_reel"
fish_completion | replace "$folder/completions/reel.fish"
