#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Answers that are known: least absolute deviations of the stack loss data, exact as fractions; least
# squares of three of NIST's tables (Norris, NoInt1, Longley), certified to 15 digits.
. "$(dirname "${BASH_SOURCE[0]}")/program.sh"

stackloss() {
  run 0 fit "$tables/stackloss.csv" --target STACKLOSS --no-save --json "$@"
  close 1e-4 2.0038647344 training_metrics mean_absolute_error # 14518/345 of 21 rows
  close 5e-3 -39.6898550725 intercept                         # -13693/345
  close 5e-3 0.8318840580 coefficients AIRFLOW                # 287/345
  close 5e-3 0.5739130435 coefficients WATERTEMP              # 66/115
  close 5e-3 -0.0608695652 coefficients ACIDCONC              # -7/115
}
stackloss
stackloss --seed 1
stackloss --optimizer lbfgs
stackloss --loss quantile --optimizer lbfgs --dtype f32
stackloss --batch-size 7 --epochs 5000

least_squares() {
  run 0 fit "$tables/$1.csv" --target "$2" --loss mse --dtype f64 --no-save --json "${@:3}"
}
for optimizer in lbfgs levenberg_marquardt; do
  least_squares norris y --optimizer $optimizer
  close 1e-8 -0.262323073774029 intercept
  close 1e-8 1.00211681802045 coefficients x
  least_squares noint1 y --optimizer $optimizer --no-intercept
  close 0 0 intercept
  close 1e-8 2.07438016528926 coefficients x
  least_squares longley employed --optimizer $optimizer
  close 1e-8 -3482258.63459582 intercept
  close 1e-8 15.0618722713733 coefficients deflator
  close 1e-8 -.0358191792925910 coefficients gnp
  close 1e-8 -2.02022980381683 coefficients unemployed
  close 1e-8 -1.03322686717359 coefficients armed_forces
  close 1e-8 -.0511041056535807 coefficients population
  close 1e-8 1829.15146461355 coefficients year
done

# Every optimizer comes to the median line, and every schedule of one of them.
for optimizer in adam adamw sgd rmsprop adagrad adadelta adamax nadam radam asgd rprop; do
  run 0 fit "$tables/stackloss.csv" --target STACKLOSS --no-save --json --optimizer $optimizer
  close 1e-3 2.0038647344 training_metrics mean_absolute_error
done
for schedule in cosine linear step exponential one_cycle plateau; do
  run 0 fit "$tables/stackloss.csv" --target STACKLOSS --no-save --json --schedule $schedule
  close 1e-3 2.0038647344 training_metrics mean_absolute_error
done

# Of the quantile q a share of about q lies at or below the plane, which goes through 4 of 21 rows.
run 0 fit "$tables/stackloss.csv" --target STACKLOSS --no-save --json --loss quantile --quantile 0.8 \
  --optimizer lbfgs
awk -v share="$(json training_metrics quantile_coverage)" \
  'BEGIN { exit !(share >= 0.6 && share <= 1) }' || fail 'it covers another share'

# A column of noise has no weight where weights cost something, and one that explains all has.
awk 'BEGIN { print "x,noise,y"
  for (i = 0; i < 100; i++) printf "%d,%d,%g\n", i, (i * 7919) % 101, 3 * i + 5 }' >line.csv
run 0 fit line.csv --target y --no-save --json --l1-penalty 0.1
close 0 0 coefficients noise
close 0.2 3 coefficients x

# Each loss and each activation learns the line.
for loss in l1 mse huber smooth_l1 log_cosh; do
  run 0 fit line.csv --target y --no-save --json --loss $loss
  close 1e-2 3 coefficients x
done
for activation in relu tanh sigmoid gelu silu leaky_relu elu selu celu softplus mish hardswish softsign \
  relu6; do
  run 0 fit line.csv --target y --no-save --json --hidden 8 --activation $activation --epochs 400
  close 0.05 1 training_metrics r2_score
done
finish
