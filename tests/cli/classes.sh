#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Probabilities of 0 and 1, and rates of counts. Expected: R 4.2's glm(family = binomial) and glm(family =
# poisson) to their last digits, with the figures that R computes of their predictions.
. "$(dirname "${BASH_SOURCE[0]}")/program.sh"
compiler=${CC:-cc}

# exports <table>: what the C of the model gives is what predict gives.
exports() {
  run 0 export model.safetensors --c model.c --name m --force
  $compiler -std=c99 -Wall -Wextra -pedantic -Werror -Dm_MAIN model.c -o model -lm || fail 'it does not compile'
  ./model || fail 'its self-test'
}

# Found out by itself, and said.
run 0 fit "$tables/binary.csv" --target y --json
says "all values of 'y' are 0 or 1: --loss bce, which predicts the probability of 1"
close 1e-12 0.948817864625194 intercept
close 1e-12 1.104724317234724 coefficients x
close 1e-12 -0.201248019358352 coefficients z
close 1e-12 0.6875 training_classification accuracy
close 1e-12 0.766619165479137 training_classification auc
close 1e-12 0.566559376483006 training_classification log_loss
close 0 140 training_classification true_negatives
close 0 59 training_classification false_positives
close 0 66 training_classification false_negatives
close 0 135 training_classification true_positives
exports
run 0 export model.safetensors --sql - --formula -
prints '1 / (1 + EXP(-('
prints 'logit(y) = '
run 0 evaluate model.safetensors "$tables/binary.csv" --json
close 1e-12 0.766619165479137 classification auc
run 0 evaluate model.safetensors "$tables/binary.csv"
prints 'area under the ROC curve'
prints '140             59'
run 0 predict model.safetensors "$tables/binary.csv"
awk 'NR > 1 && !($1 > 0 && $1 < 1) { bad = 1 } END { exit bad }' out || fail 'these are no probabilities'
for optimizer in adam lbfgs; do
  run 0 fit "$tables/binary.csv" --target y --loss bce --optimizer $optimizer --json --no-save
  close 1e-10 1.104724317234724 coefficients x
done
run 0 fit "$tables/binary.csv" --target y --hidden 8 --epochs 30 --quiet
prints 'accuracy'
exports
run 0 fit "$tables/binary.csv" --target y --loss mse --no-save --json
close 1 0.2 coefficients x
grep -q classification out && fail 'a mean is no probability'
run 1 fit "$tables/counts.csv" --target c --loss bce
says 'can be no probability'

run 0 fit "$tables/counts.csv" --target c --loss poisson --json
close 1e-12 0.237932946758392 intercept
close 1e-12 0.376892032677607 coefficients x
close 1e-12 0.109751867581868 coefficients z
run 0 predict model.safetensors "$tables/counts.csv"
awk 'NR == 2 { d = $1 / 2.57221418052780 - 1; exit !(d * d < 1e-24) }' out || fail 'not the rate'
exports
run 0 fit "$tables/counts.csv" --target c --no-save --epochs 2
says "the values of 'c' look like counts, whose rate --loss poisson predicts"
awk 'BEGIN { print "x,y"; for (i = 0; i < 9; i++) print i "," i - 5 }' >negative.csv
run 1 fit negative.csv --target y --loss poisson
says "negative.csv:2: column 'y': the target, -5, can be no rate"
refuses fit negative.csv --target y --loss bce --interval 0.9 -- 'has no intervals'

# How much each row counts: R's lm and glm with weights, here 1, 2, 3, 4, 0, 1, …
awk -F, -v OFS=, 'NR == 1 { print $0, "w" } NR > 1 { print $0, (NR - 1) % 5 }' "$tables/binary.csv" >weights.csv
run 0 fit weights.csv --target z --features x,y --loss mse --weights w --no-save --json
close 1e-12 5.756150635312352 intercept
close 1e-12 0.331658937469432 coefficients x
close 1e-12 -1.460723669214229 coefficients y
for optimizer in adam lbfgs; do
  run 0 fit weights.csv --target y --weights w --optimizer $optimizer --no-save --json
  close 1e-10 0.850075306160498 intercept
  close 1e-10 1.134587633207910 coefficients x
  close 1e-10 -0.170632738343293 coefficients z
  grep -q '"w"' out && fail 'the weights are a column to predict from'
done
run 0 fit weights.csv --target z --weights w --hidden 4 --epochs 5 --patience 3 --no-save --quiet
run 1 fit weights.csv --target z --weights u
says "--weights: there is no column 'u'"
run 1 fit weights.csv --target z --weights x
says "weights.csv:2: column 'x': a weight has to be a number from 0 on"
refuses fit weights.csv --target z --weights w --no-intercept -- '--weights is for models with an intercept'

# The last rows by a column are tested: they are where the line has another offset.
awk 'BEGIN { print "day,x,y"; for (i = 99; i >= 0; i--) { n = (i * 37) % 100; printf "2026-%02d-%02d,%d,%d\n", 1 + n / 28, 1 + n % 28, i % 7, 2 * (i % 7) + (n >= 70 ? 100 : 0) } }' >later.csv
run 0 fit later.csv --target y --features x --time day --test-fraction 0.3 --json --no-save
close 0 30 test_metrics rows
close 1e-6 100 test_metrics mean_absolute_error
run 0 fit later.csv --target y --features x --time day --json --no-save
close 0 20 test_metrics rows
run 1 fit later.csv --target y --time week
says "--time: there is no column 'week'"
refuses fit later.csv --target y --time day --folds 3 -- '--time holds the last rows out'
finish
