#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Sentences that no other test meets by the way: each with the table or the options that it is about.
. "$(dirname "${BASH_SOURCE[0]}")/program.sh"

printf 'x,k,w,y\n1,a,1,1\n2,b,0,2\n3,a,2,4\n4,b,1,5\n5,a,0,7\n6,b,1,8\n' >t.csv
refused() { # <sentence> <option>...
  run 1 fit t.csv --target y --no-save "${@:2}"
  says "$1"
}

# Weights, parts and folds.
refused "t.csv: --weights: there is no column 'v'; there are x, k, w, y" --weights v
refused "t.csv: --weights: column 'k' holds text" --weights k
printf 'x,w,y\n1,0,1\n2,0,2\n3,0,4\n' >none.csv
run 1 fit none.csv --target y --weights w --no-save
says 'none.csv: all weights are 0'
printf 'x,w,y\n1,1,1\n2,-1,2\n3,0,4\n' >none.csv
run 1 fit none.csv --target y --weights w --no-save
says "none.csv:3: column 'w': a weight has to be a number from 0 on"
refused '--folds 7: there are only 6 rows' --folds 7
refused "--time: there is no column 't'" --time t
refused "--group: there is no column 'g' to group by" --group g --folds 2
printf '0 1 2 3 4 5\n' >all
refused 'all: all rows are listed: none is left to train on' --test-rows all
printf '0 6\n' >beyond
refused 'there is no row 6: the table has 6, from 0 on' --test-rows beyond
printf '0 0\n' >twice
refused 'twice: number 2: row 0 is there twice' --test-rows twice
printf '0 one\n' >words
refused "words: number 2: expected a row's number, found 'one'" --test-rows words
refused 'nowhere: No such file' --test-rows nowhere

# What does not go together.
refuses fit t.csv --target y --loss poisson --interval 0.9 -- '--loss poisson is of the target as it is, and has no intervals'
refuses fit t.csv --target y --loss bce --target-transform log -- '--loss bce is of the target as it is'
refuses fit t.csv --target y --schedule patience -- '--schedule patience goes with --patience'
refuses fit t.csv --target y --loss quantile --quantile 0.5,0.1 -- '--quantile: expected up to 32 quantiles in ascending order'
refuses fit t.csv --target y --repeat 3 -- '--repeat trains networks'
# shellcheck disable=SC2046
refuses explain $(seq 200) -- 'more than'

# Terms, without the names of the library's functions.
wrong() { # <terms> <sentence>
  refused "$2" --loss mse --terms "$1"
  ! grep -q 'encoder_fit' err || fail 'it names a function'
}
wrong 'log(k)' "reel fit: terms: column 'k' holds no numbers, of which there are functions"
wrong '"x' "at '': a quote that is not closed"
wrong 'x )' "at ')': expected a comma, '+', '*' or ':'"
wrong 'poly(x)' 'expected a comma and a degree, as in poly(x, 3)'
wrong 'poly(x, 9)' "column 'x' has too few different values for a polynomial of degree 9"
wrong "$(printf 'n%.0s' $(seq 300))" 'the name is too long'
wrong 'exp(big)' "there is no column 'big'"
awk 'BEGIN { print "big,y"; for (i = 1; i < 9; i++) print i * 1000 "," i }' >big.csv
run 1 fit big.csv --target y --no-save --terms 'exp(big)'
says "terms: 'exp(big)' has values that are no numbers"
awk 'BEGIN { for (j = 0; j < 1100; j++) printf "x%d,", j; print "y"; for (i = 0; i < 3; i++) { for (j = 0; j < 1100; j++) printf "%d,", i * j; print i } }' >many.csv
run 1 fit many.csv --target y --no-save --terms .
says 'there are more than 1000 terms'
awk 'BEGIN { print "a,b,c,y"; for (i = 0; i < 400; i++) print "a" i % 199 ",b" i % 198 ",c" i % 197 "," i }' >wide.csv
run 1 fit wide.csv --target y --no-save --max-categories 300 --terms 'a:b:c'
says 'terms: a product of more than a million features'
run 0 fit t.csv --target y --no-save --loss mse --terms 'log(w)'
says '2 values have no logarithm or root'

# Names that are not there, and what is most like them: of columns, of text, of the target.
printf 'area,rooms,kind,price\n1,2,a,3\n2,1,b,4\n3,5,a,8\n4,4,b,9\n' >houses.csv
run 1 fit houses.csv --target Prise
says "houses.csv: there is no column 'Prise' to predict, but 'price'; there are area, rooms, kind, price"
run 1 fit houses.csv --target price --features aera,room
says "there is no column 'aera', but 'area'; there are: area, rooms, kind, price"
run 1 fit houses.csv --target price --drop hall
says "there is no column 'hall'; there are: area, rooms, kind, price"
run 0 fit houses.csv --target price --quiet
printf 'area,rooms,Kind\n1,2,a\n' >renamed.csv
run 1 predict model.safetensors renamed.csv
says "renamed.csv: there is no column 'kind', which is to be text, but 'Kind'; there are: area, rooms, Kind"
run 1 evaluate model.safetensors t.csv
says "t.csv: there is no column 'kind', which is to be text; there are: x, k, w, y"
printf 'area,rooms,kind\n1,2,a\n' >untold.csv
run 1 evaluate model.safetensors untold.csv
says "there is no column 'price', which the model predicts; there are area, rooms, kind"
run 1 predict model.safetensors houses.csv --keep kin
says "--keep: there is no column 'kin', but 'kind'"

# A file that is not there is named, whatever it is called.
for name in nowhere no_where.csv table_read; do
  for command in "fit $name --target y" "fit t.csv --target y --test $name" "predict model.safetensors $name" \
    "evaluate model.safetensors houses.csv $name" "predict $name houses.csv" "export $name --c m.c"; do
    # shellcheck disable=SC2086
    run 1 $command
    says ": $name: cannot be opened: No such file"
  done
done

# What SQL has no words for; dates that say nothing.
run 0 fit houses.csv --target price --quiet --target-transform sqrt --loss mse
run 1 export model.safetensors --sql -
says '--sql: the target is a square root, which SQL does not square by one function'
printf 'day,x,y\n2024-05-01,1,2\n2024-05-01,2,4\n2024-05-01,3,7\n' >day.csv
run 0 fit day.csv --target y --no-save --loss mse
says "column 'day' is left out"
run 1 fit t.csv --target y --out ''
says "'' cannot be written: the name is empty"
finish
