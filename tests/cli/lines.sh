#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Where the search is hard, or the data mislead: columns that nearly or really depend on one another (expected: R's
# lm), and L1 penalties (expected: coordinate descent and a linear program, scikit-learn's Lasso and
# QuantileRegressor), by every optimizer.
. "$(dirname "${BASH_SOURCE[0]}")/program.sh"

optimizers='adam adamw sgd rmsprop adagrad adadelta adamax nadam radam asgd rprop lbfgs'

# The powers of x on 0..20 for a sine.
awk 'BEGIN { print "x1,x2,x3,x4,x5,x6,x7,x8,x9,y"
  for (i = 0; i <= 40; i++) {
    x = i / 2; p = 1; line = ""
    for (k = 1; k <= 9; k++) { p *= x; line = line sprintf("%.17g,", p) }
    printf "%s%.17g\n", line, sin(x)
  } }' >powers.csv
for optimizer in lbfgs levenberg_marquardt adamw; do
  run 0 fit powers.csv --target y --no-save --json --loss mse --optimizer $optimizer
  close 1e-7 0.238701547555 training_metrics root_mean_squared_error
done

# What is between two columns, one part in 10^5, is all that the target depends on.
awk "$random"'BEGIN { print "a,b,y"; seed(2)
  for (i = 0; i < 200; i++) { a = uniform(); d = uniform() - 0.5
    printf "%.12g,%.12g,%.12g\n", a, a + 1e-5 * d, a + d } }' >near.csv
for dtype in f32 f64; do
  for loss in mse l1; do
    run 0 fit near.csv --target y --no-save --json --loss $loss --dtype $dtype
    close 1e-3 1 training_metrics r2_score
  done
done
close 1e-5 1e5 coefficients b

# A column that others make up is named, and so are the others; with float32, too.
awk "$random"'BEGIN { print "a,b,sum,twice,y"; seed(3)
  for (i = 0; i < 50; i++) { a = int(uniform() * 1000); b = int(uniform() * 1000)
    printf "%d,%d,%d,%d,%d\n", a, b, a + b, 2 * b, a - b } }' >sum.csv
for dtype in f32 f64; do
  run 0 fit sum.csv --target y --no-save --json --loss mse --dtype $dtype
  says "'sum' follows from a, b and gets the coefficient 0"
  says "'twice' follows from b and gets the coefficient 0"
  close 0 0 coefficients sum
  close 1e-4 1 coefficients a
done
# Many of them in one sentence.
awk 'BEGIN { for (j = 0; j < 12; j++) printf "x%d,", j; print "y"; srand(5)
  for (i = 0; i < 5; i++) { for (j = 0; j < 12; j++) printf "%d,", rand() * 1000; print i } }' >short.csv
run 0 fit short.csv --target y --no-save --loss mse
says "'x6' follows from x0, x1, x2, … and gets the coefficient 0"
says '5 more columns follow from others and get the coefficient 0: x7, x8, x9, …'

# Equal rows, which are on a line together or not at all, and of which there is one edge: R's rq, and the table with
# each of its rows once.
{ head -n 1 "$tables/stackloss.csv" && for _ in $(seq 40); do tail -n +2 "$tables/stackloss.csv"; done; } >often.csv
run 0 fit often.csv --target STACKLOSS --no-save --json
close 1e-12 0.8318840579710145 coefficients AIRFLOW # 287/345
close 1e-12 0.5739130434782609 coefficients WATERTEMP # 66/115
close 1e-11 -0.0608695652173913 coefficients ACIDCONC # -7/115
awk "$random"'BEGIN { seed(3)
  for (j = 0; j < 60; j++) printf "x%d,", j
  print "y"
  for (i = 0; i < 300; i++) {
    y = 0
    for (j = 0; j < 60; j++) { x = int(1000 * uniform()); y += (j % 7 - 3) * x; printf "%d,", x }
    print y + int(100 * uniform())
  } }' >wide.csv
{ cat wide.csv && for _ in $(seq 7); do tail -n +2 wide.csv; done; } >wide-often.csv
run 0 fit wide.csv --target y --no-save --json
mean=$(json training_metrics mean_absolute_error)
run 0 fit wide-often.csv --target y --no-save --json
close 1e-12 "$mean" training_metrics mean_absolute_error

# The least of loss and penalty, for standardised columns.
for optimizer in $optimizers; do
  run 0 fit "$tables/stackloss.csv" --target STACKLOSS --no-save --json --optimizer $optimizer \
    --loss mse --l1-penalty 0.1
  close 1e-9 0.6400228569962239 coefficients AIRFLOW
  close 1e-9 1.205049770314348 coefficients WATERTEMP
  close 0 0 coefficients ACIDCONC
  run 0 fit "$tables/stackloss.csv" --target STACKLOSS --no-save --json --optimizer $optimizer \
    --loss l1 --l1-penalty 0.5
  close 1e-12 0.6730769230769231 coefficients AIRFLOW # 35/52
  close 1e-12 0.4615384615384615 coefficients WATERTEMP # 6/13
  close 0 0 coefficients ACIDCONC
  run 0 fit "$tables/longley.csv" --target employed --no-save --json --optimizer $optimizer \
    --loss mse --l1-penalty 0.1
  close 1e-9 0.033376088253543656 coefficients gnp
  close 1e-9 -0.06873247953537771 coefficients unemployed
  for zero in deflator armed_forces population year; do
    close 0 0 coefficients $zero
  done
done

# Absolute deviations with a penalty have their least at a corner, with more columns than rows, too (expected: the
# linear program, by HiGHS).
awk 'BEGIN { s = 1; for (j = 0; j < 40; j++) printf "x%d,", j; print "y"
  for (i = 0; i < 25; i++) {
    for (j = 0; j <= 40; j++) { s = (s * 16807) % 2147483647; v[j] = int(s / 2147483647 * 2001) - 1000 }
    for (j = 0; j < 40; j++) printf "%d,", v[j]
    print 3 * v[0] - 2 * v[1] + v[2] + v[40] / 2 } }' >wide.csv
for optimizer in adamw lbfgs sgd; do
  run 0 fit wide.csv --target y --no-save --json --optimizer $optimizer --loss l1 --l1-penalty 0.1
  close 1e-12 2.881743240122754 coefficients x0
  close 1e-12 -0.01228207272323271 coefficients x29
  [ "$(grep -c '"x[0-9]*": [-0-9.e]*[1-9]' <(sed '/"statistics"/,$d' out))" = 20 ] || fail 'not 20 weights'
  run 0 fit wide.csv --target y --no-save --json --optimizer $optimizer --loss quantile --quantile 0.25 --l1-penalty 0.03
  close 1e-12 2.832888748389361 coefficients x0
  close 1e-9 -0.0002419205875996871 coefficients x11
done

# One typing error among 200 targets moves neither the median's models nor Huber's.
awk 'BEGIN { print "x,y"; for (i = 0; i < 200; i++) printf "%d,%.9g\n", i, 3 * i + 5 + (i % 7 - 3) }' >clean.csv
awk -F, -v OFS=, 'NR == 100 { $2 *= 1e5 } { print }' clean.csv >typo.csv
for options in '--loss huber' '--loss l1' '--loss smooth_l1' '--loss log_cosh' '--loss quantile' \
  '--hidden 16 --loss l1' '--hidden 16 --loss huber'; do
  run 0 fit typo.csv --target y --test clean.csv --no-save --json $options
  says "1 of the target's values lies far from the others"
  awk -v error="$(json test_metrics median_absolute_error)" 'BEGIN { exit !(error < 3) }' ||
    fail "the typing error has moved it"
done

# A network's quantile holds on rows that it has not seen: of 0.9 a share of 0.9 (four deviations of a
# share of the 100 rows to correct it on: 0.12).
awk "$random"'BEGIN { seed(4); print "a,b,y" >"seen.csv"; print "a,b,y" >"unseen.csv"
  for (i = 0; i < 2500; i++) { a = uniform(); b = uniform(); e = uniform() + uniform() + uniform() - 1.5
    print a "," b "," a * b + e >(i < 500 ? "seen.csv" : "unseen.csv") } }'
for q in 0.1 0.9; do
  run 0 fit seen.csv --target y --test unseen.csv --no-save --json --hidden 256 --weight-decay 0 \
    --loss quantile --quantile $q
  awk -v share="$(json test_metrics quantile_coverage)" -v q=$q \
    'BEGIN { d = share - q; exit !(d * d < 0.12 * 0.12) }' || fail "not a share of $q"
done

# Doubts: each with its reason, and none about a table that is as it should be.
run 0 fit clean.csv --target y --loss mse --no-save --quiet --test-fraction 0.2
says_nothing
run 0 fit clean.csv --target y --loss mse --no-save --test-fraction 0.2
! grep -q 'note: ' err || fail 'it doubts'
run 0 fit typo.csv --target y --loss mse --no-save
says "1 value of 'y' lies far from the others, and a squared error follows it"
run 0 fit clean.csv --target y --no-save --hidden 100 --epochs 1
says '301 parameters for 200 rows can fit any target'
awk 'BEGIN { print "x,y"; for (i = 0; i < 100; i++) print i "," (i % 4 ? 0 : i) }' >zeros.csv
run 0 fit zeros.csv --target y --no-save --epochs 1
says "76 % of the values of 'y' are the same: a median is likely to predict that value"
prints '  intercept              0           -        -         -           -           -       -'
run 0 fit zeros.csv --target y --no-save --loss mse
! grep -q 'are the same' err || fail 'it doubts a mean'
awk -F, -v OFS=, 'NR > 1 { $1 += 500 } { print }' clean.csv >later.csv
run 0 fit clean.csv --target y --no-save --test later.csv --loss mse
says "the test's rows are unlike those trained on: 'x' is 8.7 standard deviations higher"
finish
