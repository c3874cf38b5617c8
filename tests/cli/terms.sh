#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Products, functions and polynomials of columns. Expected: R 4.2's summary(lm) and predict with the same formula, to 8
# digits; a network of products is what one of a table with those columns is.
. "$(dirname "${BASH_SOURCE[0]}")/program.sh"
compiler=${CC:-cc}
loss=$tables/stackloss.csv

# fit <terms>: of stackloss, as JSON.
fit() { run 0 fit "$loss" --target STACKLOSS --loss mse --terms "$1" --json "${@:2}"; }
# row <name> <estimate> <standard error> <t> <p>
row() {
  close 1e-8 "$2" coefficients "$1"
  close 1e-8 "$3" statistics standard_error "$1"
  close 1e-8 "$4" statistics t "$1"
  close 1e-8 "$5" statistics p "$1"
}
exports() {
  run 0 export model.safetensors --c model.c --name m
  $compiler -std=c99 -Wall -Wextra -pedantic -Werror -Dm_MAIN model.c -o model -lm || fail 'it does not compile'
  ./model || fail 'its self-test'
}

# lm(STACKLOSS ~ AIRFLOW * WATERTEMP + poly(ACIDCONC, 3))
fit 'AIRFLOW*WATERTEMP, poly(ACIDCONC, 3)'
close 1e-8 12.4880123297531416 intercept
row AIRFLOW -0.3708754221865390 0.6831171079193600 -0.542916313889653 0.595725853064959
row WATERTEMP -1.4627466704675169 1.8297147525636401 -0.799439731476199 0.437389721706678
row 'poly(ACIDCONC, 3)1' -1.0583765208532274 3.9215033050648356 -0.269890508440035 0.791181989365153
row 'poly(ACIDCONC, 3)2' -2.9839819230062252 3.1920182454553698 -0.934826086052191 0.365723033107698
row 'poly(ACIDCONC, 3)3' -1.3146998084940533 3.3422190744694458 -0.393361350408412 0.699977821238049
row AIRFLOW:WATERTEMP 0.0449762857453996 0.0287105760009527 1.566540697194896 0.139540644988406
close 1e-9 3.154336813666327 statistics residual_standard_error
close 1e-9 0.932681613296569 statistics r2
exports
run 1 export model.safetensors --formula -
says 'poly has no formula that is short'
run 1 export model.safetensors --sql -
says '--sql: the model has terms'

# lm(STACKLOSS ~ log(AIRFLOW) + I(WATERTEMP^2) + AIRFLOW:ACIDCONC + sqrt(ACIDCONC)), in R's order
fit 'log(AIRFLOW) + WATERTEMP^2 + AIRFLOW:ACIDCONC + sqrt(ACIDCONC)'
row 'log(AIRFLOW)' 12.64816124959799915 5.69161125003432e+01 0.2222246160877860 0.82695080343825500
row 'I(WATERTEMP^2)' 0.03244959333998589 9.14276361924274e-03 3.5492105769517406 0.00267096134491932
row 'sqrt(ACIDCONC)' -7.96440925572219971 9.63030692755426e+00 -0.8270151009345725 0.42039189179706726
row AIRFLOW:ACIDCONC 0.00530890518510179 1.03104129698033e-02 0.5149071332690837 0.61365779636687201
close 1e-9 3.31156339212519 statistics residual_standard_error
run 0 predict model.safetensors "$loss"
paste <(sed -n 2,4p out) <(printf '%s\n' 38.9138918074236 38.9124846576297 32.3376118084533) |
  awk '{ d = $1 / $2 - 1; bad += d * d > 1e-20 } END { exit bad }' || fail 'it predicts something else'
run 0 export model.safetensors --formula -
prints ' * log(AIRFLOW)'
prints ' * WATERTEMP^2'
prints ' * AIRFLOW * ACIDCONC'
exports

# lm(y ~ a * kind): the same plane, whichever text of a column gets no coefficient of its own.
awk 'BEGIN { print "a,kind,y"; for (i = 0; i < 60; i++) { k = i % 3; print i * 7 % 31 "," substr("xyz", k + 1, 1) "," (k + 1) * (i * 7 % 31) + 5 * k + (i * 13) % 5 } }' >kinds.csv
run 0 fit kinds.csv --target y --loss mse --terms 'a*kind' --json --quiet
close 1e-8 1.476967418094253 statistics residual_standard_error
close 1e-9 0.997295184638647 statistics r2
close 1e-8 3982.078831698082922 statistics f
run 0 inspect model.safetensors
prints 'a:kind=y'
exports
run 0 fit kinds.csv --target y --hidden 8 --epochs 3 --terms 'a*kind' --quiet
exports

# . is all columns: with nothing else it is the model without terms.
run 0 fit "$loss" --target STACKLOSS --loss mse --quiet
run 0 predict model.safetensors "$loss"
cp out plain
fit . --quiet
run 0 predict model.safetensors "$loss"
paste plain out | awk 'NR > 1 { d = $1 / $2 - 1; bad += d * d > 1e-22 } END { exit bad }' || fail '. is not the columns'
fit '., AIRFLOW:WATERTEMP'
[ "$(json coefficients ACIDCONC)" != '' ] || fail 'a column is missing'
fit 'AIRFLOW, AIRFLOW, WATERTEMP:AIRFLOW, AIRFLOW:WATERTEMP'
says "1 column, 'ACIDCONC', is in no term and left out"
run 0 inspect model.safetensors --json
[ "$(json model)" = 2-1 ] || fail 'a term comes twice'

# A network of the products of columns is one of a table that has them.
awk -F, -v OFS=, 'NR == 1 { print $0, "both" } NR > 1 { print $0, $2 * $3 }' "$loss" >both.csv
run 0 fit both.csv --target STACKLOSS --hidden 4 --epochs 30 --dtype f64 --json --weight-decay 0.1
error=$(json training_metrics mean_absolute_error)
run 0 fit "$loss" --target STACKLOSS --hidden 4 --epochs 30 --dtype f64 --json --weight-decay 0.1 --terms '., AIRFLOW:WATERTEMP'
close 1e-9 "$error" training_metrics mean_absolute_error

# What is missing is the median, and so is what a function does not take.
sed '2s/,80,/,,/; 3s/,80,/,-4,/' "$loss" >holes.csv
run 0 fit "$loss" --target STACKLOSS --loss mse --terms 'log(AIRFLOW), ACIDCONC' --quiet
run 0 predict model.safetensors holes.csv
says '1 value has no logarithm or root'
median=$(sed -n 2,3p out)
sed '2s/,80,/,58,/; 3s/,80,/,58,/' "$loss" >median.csv
run 0 predict model.safetensors median.csv
[ "$(sed -n 2,3p out)" = "$median" ] || fail 'it is not the median'

# wrong <sentence> <terms>
wrong() {
  run 1 fit "$loss" --target STACKLOSS --terms "$2" --no-save
  says "$1"
}
wrong "there is no column 'SALT'" 'SALT'
wrong 'that is the target' 'AIRFLOW:STACKLOSS'
wrong 'there are log, log1p, sqrt, exp, poly and I' 'sin(AIRFLOW)'
wrong "expected ')'" 'log(AIRFLOW'
wrong 'a comma and a degree' 'poly(AIRFLOW)'
wrong 'a whole number from 1 to 10' 'AIRFLOW^11'
wrong 'expected a column' 'AIRFLOW,,WATERTEMP'
wrong 'more than four factors' 'AIRFLOW:AIRFLOW^2:AIRFLOW^3:AIRFLOW^4:AIRFLOW^5'
wrong 'too few different values for a polynomial of degree 9' 'poly(WATERTEMP, 9)'
run 1 fit kinds.csv --target y --terms 'log(kind)'
says "column 'kind' holds no numbers"
run 1 fit "$loss" --target STACKLOSS --terms 'AIRFLOW:WATERTEMP' --drop WATERTEMP
says 'not among the features'
finish
