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
finish
