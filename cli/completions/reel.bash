# SPDX-License-Identifier: MIT
# Completion of `reel` for bash 4.

# An option a line, then what it takes. The options, by scripts/options.sh:
_reel_fit='
--cache FILE
--comment CHAR
--date-format FORMAT
--dates PARTS
--decimal CHAR
--drop COLUMNS
--encoding NAME
--features COLUMNS
--max-categories N
--memory SIZE
--missing median error
--na TOKENS
--no-header
--separator CHAR
--skip N
--target COLUMN
--target-transform none log log1p sqrt
--terms TERMS
--text COLUMNS
--thousands CHAR
--weights COLUMN
--bootstrap N
--folds K
--group COLUMN
--interval P
--repeat K
--test FILE
--test-fraction F
--test-rows FILE
--time COLUMN
--activation relu tanh sigmoid gelu silu leaky_relu elu selu celu softplus mish hardswish softsign relu6
--dropout P
--dtype f32 f64
--hidden SIZES
--no-intercept
--delta D
--l1-penalty L
--loss l1 mse huber smooth_l1 quantile log_cosh bce poisson cross_entropy
--quantile Q
--weight-decay W
--batch-size N
--clip NORM
--epochs N
--lr RATE
--momentum M
--optimizer adam adamw sgd rmsprop adagrad adadelta adamax nadam radam asgd rprop lbfgs levenberg_marquardt
--patience N
--pieces N
--schedule none cosine linear step exponential one_cycle plateau patience
--seed N
--threads N
--validation-fraction F
--force
--json
--no-save
--out FILE
--plot FILE
--plot-predictions FILE
--quiet
--report FILE
--help
--usage
--version
'
_reel_evaluate='
--cache FILE
--comment CHAR
--decimal CHAR
--encoding NAME
--importance
--json
--memory SIZE
--na TOKENS
--no-header
--plot-predictions FILE
--quiet
--separator CHAR
--skip N
--text COLUMNS
--thousands CHAR
--threads N
--help
--usage
--version
'
_reel_predict='
--append
--cache FILE
--comment CHAR
--decimal CHAR
--encoding NAME
--force
--json
--keep COLUMNS
--memory SIZE
--na TOKENS
--no-header
--out FILE
--probabilities
--quiet
--separator CHAR
--skip N
--text COLUMNS
--thousands CHAR
--threads N
--help
--usage
--version
'
_reel_inspect='
--json
--quiet
--help
--usage
--version
'
_reel_explain='
--constant NAMES
--dtype TYPE
--table
--dot FILE
--html FILE
--json FILE
--lesson LESSON
--lessons
--seed N
--help
--usage
--version
'
_reel_lab='
--help
--usage
--version
'
_reel_export='
--c FILE
--force
--formula FILE
--name NAME
--onnx FILE
--quiet
--sql FILE
--help
--usage
--version
'
# (end of the options)

# _reel_table: the table on the line, the first word after the command that is a file.
_reel_table() {
  local word
  for word in "${COMP_WORDS[@]:2}"; do
    word=${word/#\~/$HOME}
    if [ -f "$word" ] && [ "${word%.safetensors}" = "$word" ]; then
      printf '%s\n' "$word"
      return
    fi
  done
}

# _reel_columns: the names in the first line of that table, one a line.
_reel_columns() {
  local table
  table=$(_reel_table)
  case $table in '' | *.npy) return ;; esac
  LC_ALL=C head -n 1 -- "$table" | LC_ALL=C sed 's/^\xef\xbb\xbf//; s/\r$//' | tr ',;|\t' '\n' |
    sed 's/^ *"\{0,1\}//; s/"\{0,1\} *$//'
}

# _reel_offer <beginning> <part that is there already>: those of standard input's lines that begin so.
_reel_offer() {
  local line
  while IFS= read -r line; do
    if [[ $line == "$1"* ]]; then
      COMPREPLY+=("$2$(printf %q "$line")")
    fi
  done
}

# bash 3.2, which macOS has, knows neither mapfile nor compopt.
_reel_lines() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do COMPREPLY+=("$line"); done
}

_reel_files() {
  compopt -o filenames 2>/dev/null
  _reel_lines < <(compgen -f -- "$1")
}

# _reel_value <what the option takes> <beginning>
_reel_value() {
  local before=""
  case $1 in
  FILE) _reel_files "$2" ;;
  COLUMN) _reel_offer "$2" "" < <(_reel_columns) ;;
  COLUMNS)
    [[ $2 != *,* ]] || before=${2%,*},
    compopt -o nospace 2>/dev/null
    _reel_offer "${2##*,}" "$before" < <(_reel_columns)
    ;;
  *[[:lower:]]*) _reel_offer "$2" "" < <(tr ' ' '\n' <<<"$1") ;;
  esac
}

_reel() {
  local command=${COMP_WORDS[1]} current=${COMP_WORDS[COMP_CWORD]} previous options option takes
  previous=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    _reel_lines < <(compgen -W 'fit evaluate predict inspect explain lab export --help --version' -- "$current")
    return
  fi
  case $command in
  fit) options=$_reel_fit ;;
  evaluate) options=$_reel_evaluate ;;
  predict) options=$_reel_predict ;;
  inspect) options=$_reel_inspect ;;
  explain) options=$_reel_explain ;;
  lab) options=$_reel_lab ;;
  export) options=$_reel_export ;;
  *) return ;;
  esac
  if [ "$current" = = ]; then # the line is broken at =, too
    current=""
  elif [ "$previous" = = ]; then
    previous=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  while read -r option takes; do
    if [ -n "$takes" ] && [ "$option" = "$previous" ]; then
      _reel_value "$takes" "$current"
      return
    fi
  done <<<"$options"
  case $current in
  -*) _reel_lines < <(compgen -W "$(sed 's/ .*//' <<<"$options")" -- "$current") ;;
  *) _reel_files "$current" ;;
  esac
}

complete -F _reel reel
