#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What docs/reel-fit.md says in numbers between its transcripts: each sentence is there, and it is so.
# (documents.sh compares the transcripts.)
. "$(dirname "${BASH_SOURCE[0]}")/program.sh"
source_dir=$(cd "$tables/../../.." && pwd)
tr -s '\n ' ' ' <"$source_dir/docs/reel-fit.md" >guide
cp "$source_dir"/examples/data/houses*.csv .

# guide <sentence>: what comes next is its proof.
guide() {
  last="docs/reel-fit.md, '$1'"
  grep -qF -- "$1" guide || fail 'it is not there'
}
# holds <condition of awk on a, b, …> <a> <b> …
holds() {
  awk -v a="${2-}" -v b="${3-}" -v c="${4-}" "BEGIN { exit !($1) }" </dev/null || fail "not so: $*"
}
fit() { run 0 fit "$@" --quiet; }

# The houses, and the formula that they were made from.
guide '400 houses that never were'
holds 'a == 401' "$(wc -l <houses.csv)"
guide 'four prices have a zero too many'
holds 'a == 4' "$(awk -F, 'NR > 1 && $6 > 1000000' houses.csv | wc -l)"
guide 'Four mistyped prices among 400'
guide 'with noise of 8 %: 1,900 for the square metre, 6,000 for a room, 500 for a year, and 0, 30,000, 45,000 and 80,000 for North, Harbour, Hills and Centre'
awk -F, 'NR > 1 && $3 != "" { of["North"] = 0; of["Harbour"] = 30000; of["Hills"] = 45000; of["Centre"] = 80000
    left = $6 - 1900 * $1 - 6000 * $2 - 500 * $3 - of[$5]; n++; p[n] = $6; x[n] = $4; l[n] = left
    sx += $4; sl += left; sxx += $4 * $4; sxl += $4 * left }
  END { b = (n * sxl - sx * sl) / (n * sxx - sx * sx); a = (sl - b * sx) / n
    for (i = 1; i <= n; i++) { e = (l[i] - a - b * x[i]) / p[i]; s += e * e } print sqrt(s / n) }' houses-2026.csv >noise
holds 'a > 0.07 && a < 0.09' "$(cat noise)"
fit houses.csv --target price --test-fraction 0.2 --out line.safetensors --json
for true in area:1900 rooms:6000 built:500 district=Centre:80000 district=Harbour:30000 district=Hills:45000; do
  holds 'a < c && c < b' "$(json statistics low "${true%:*}")" "$(json statistics high "${true%:*}")" "${true#*:}"
done
guide 'a square metre is worth about 1,800, a kilometre from the station costs about 10,000'
close 0.04 1800 coefficients area
close 0.04 -10000 coefficients station
guide 'the mean absolute error is five times the median one'
holds 'a / b > 4.5 && a / b < 5.5' "$(json test_metrics mean_absolute_error)" "$(json test_metrics median_absolute_error)"
guide 'noise of 8 % alone makes a mean absolute error of some 22,000' # of a normal one, sqrt(2 / pi) of its deviation
holds 'a > 21000 && a < 23000' "$(awk -F, 'NR > 1 { s += $6 } END { print 0.08 * sqrt(2 / 3.14159265) * s / (NR - 1) }' houses-2026.csv)"
guide 'The square metre is worth half of what it was made to be, and the predictions are almost twice as far off.'
fit houses.csv --target price --loss mse --optimizer lbfgs --out mse.safetensors --json
holds 'a / 1900 > 0.4 && a / 1900 < 0.6' "$(json coefficients area)"
fit houses.csv --target price --out line.safetensors
run 0 evaluate line.safetensors houses-2026.csv --json
of_l1=$(json metrics mean_absolute_error)
run 0 evaluate mse.safetensors houses-2026.csv --json
holds 'a / b > 1.7 && a / b < 2' "$(json metrics mean_absolute_error)" "$of_l1"

# What is said of them while they are fitted.
guide 'in a file or a pipe it is a dozen lines'
run 0 fit houses.csv --target price --no-save
holds 'a >= 10 && a <= 14' "$(grep -c '^epoch' err)"
guide 'It has 321 numbers to fit in place of 9'
prints ' 9 parameters'
guide '`--patience 30` holds a tenth of the rows out'
run 0 fit houses.csv --target price --hidden 32 --patience 30 --epochs 1 --no-save
prints ' 321 parameters'
prints 'rows: 360 to train on, 40 to validate on'
guide '`--interval 0.9` keeps a fifth of the rows from the training'
run 0 fit houses.csv --target price --interval 0.9 --no-save
prints 'rows: 320 to train on, 80 to calibrate on'
guide 'so a fifth of the rows is kept from it, and moves the quantile'
run 0 fit houses.csv --target price --hidden 2 --loss quantile --epochs 1 --no-save
prints 'rows: 320 to train on, 80 to calibrate on'
guide 'for tables of 50 to 10,000 rows trials choose how strongly'
for rows in 49 50 10000 10001; do
  awk -v n=$rows 'BEGIN { print "x,y"; for (i = 0; i < n; i++) print i % 97 "," i % 89 }' >rows.csv
  run 0 fit rows.csv --target y --hidden 1 --epochs 1 --no-save
  [ "$(grep -c 'by trials' out)" -eq $((rows >= 50 && rows <= 10000)) ] || fail "not of $rows rows"
done
guide 'with each of the decays 0.01, 0.3 and 1 five networks'
grep -qF 'decays[] = {0.01, 0.3, 1};' "$source_dir/cli/decay_trials.c" || fail 'they are others'
guide "a report's pictures show 2,000 rows at most, and its curves are of 500"
for rows in 2000 2001; do
  awk -v n=$rows 'BEGIN { print "x,y"; for (i = 0; i < n; i++) print i % 97 "," i % 89 }' >rows.csv
  fit rows.csv --target y --loss mse --no-save --report page.html
  holds 'a == 2 * (c == 2000 ? 2000 : 1001)' "$(grep -c '<circle' page.html)" '' $rows # every one, or every other
done
grep -qF ' MOST_ROWS = 500,' "$source_dir/cli/html_report.c" || fail 'they are of others'
guide 'takes less than 4 KB of code for a line'
if command -v cc size >/dev/null; then
  run 0 export line.safetensors --c line.c
  cc -std=c99 -O2 -c line.c -o line.o
  holds 'a > 0 && a < 4096' "$(size line.o | awk 'NR == 2 { print $1 }')"
fi

# Tables as they come.
column() { # <value>...: of a column x, of which the last is in the rest of forty rows, too
  { echo x,k,y && for i in $(seq 40); do [ "$i" -gt $# ] || value=${!i}; echo "$value,$((i % 7)),$((i * i % 11))"; done; } >column.csv
  run 0 fit column.csv --target y --no-save --epochs 1
}
guide '| `$5`, `5 EUR`, `12 %`, `(3)` | numbers: 5, 5, 0.12, -3;'
for pair in '$5=5' '5 EUR=5' '12 %=0.12' '(3)=-3'; do
  column "${pair%=*}" 1 2 3
  says "'${pair%=*}' on line 2 as ${pair#*=}"
done
guide '| more of them: a tenth of the values, and more than three different ones | the column is text |'
column a b c d 1 2 3
prints '  x '
column a b c d e 1 2 3
prints '  x=a '
guide '| yes and no, true and false, on and off | one column of 0 and 1 |'
column no yes
prints '  x=yes '
! grep -q 'x=no' out || fail 'two columns'
guide 'of more than `--max-categories` (50) the rarest together'
column $(seq 51 | sed 's/^/t/') # forty of them
! grep -q 'most frequent' err || fail 'fewer than that'
{ echo x,y && seq 153 | awk '{ print "t" $1 % 51 "," $1 % 7 }'; } >column.csv
run 0 fit column.csv --target y --no-save --epochs 1
says "column 'x' has 51 different texts: the 50 most frequent are told apart"
guide 'digits beyond 2^53'
column 9007199254740991 1 2 3
! grep -q 'beyond' err || fail 'this one is not'
column 9007199254740993 1 2 3
says '1 number is beyond 2^53'
guide '| dates of eight digits, 20240229 | numbers; but it is said: `--date-format %Y%m%d` makes dates of them |'
column 20240229 20240331 20250101
says "column 'x' looks like dates: if it is, say their format, %Y%m%d"
guide '| -999, 99 and the like, more than once and far from the others |'
for code in -999 99; do
  column $code $code 1 2 3
  says "column 'x': $code comes 2 times, far from all other values"
done
guide '| two columns of one name | the second is `x.1` |'
printf 'x,x,y\n1,3,2\n2,1,3\n3,7,1\n' >column.csv
run 0 fit column.csv --target y --no-save --epochs 1
says "is called 'x.1'"

# Tables that memory does not hold. The two that nothing shows without a table of that size are the source's.
guide "which is a quarter of the machine's unless it is given"
grep -qF 'return (int64_t)pages / 4 * size;' "$source_dir/cli/session.c" || fail 'it is another share'
guide '(4 of files above 256 MB, and of all that a float32 network is trained on)'
grep -qF 'LARGE_FILE = 1 << 28 }' "$source_dir/cli/model.c" || fail 'it is another size'
rows() { awk -v n="$1" 'BEGIN { print "a,b,y"; for (i = 0; i < n; i++) print i * 7 % 1009 "," i * 13 % 997 "," i % 101 }'; }
many=$((1 << 18))
rows $many >many.csv

# The files of a training that is stopped amid an epoch; what it has for each row: of three columns, of two features and the target.
files() { find -L "/proc/$process/fd" -type f -links 0 -printf '%s\n' 2>/dev/null | sort -n | tr '\n' ' '; }
if [ -d /proc/self/fd ]; then
  for dtype in f32:4 f64:8; do
    rm -f err # so that no epoch of another training is taken for one of this
    "$reel" fit many.csv --target y --hidden 1 --epochs 1000000 --dtype ${dtype%:*} --memory 1M --out stopped.safetensors >out 2>err &
    process=$!
    for _ in $(seq 600); do ! grep -qs '^epoch' err || break; sleep 0.1; done
    cell=${dtype#*:} sizes=$(files)
    guide 'each value as 8 bytes'
    [[ " $sizes" == *" $((3 * 8 * many)) "* ]] || fail "three columns in none of the files, which have $sizes"
    guide 'each feature and the target once more, and twice while rows are encoded or shuffled'
    [[ " $sizes" == *" $((3 * cell * many)) "* ]] || fail "two features and a target of $dtype in none of the files, which have $sizes"
    holds 'a == 3' "$(wc -w <<<"$sizes")"
    guide '| 130 | Ctrl-C ended the training; its model was kept |'
    kill -INT $process
    status=0
    wait $process || status=$?
    [ $status -eq 130 ] || fail "exit status $status"
    run 0 inspect stopped.safetensors
  done
fi
finish
