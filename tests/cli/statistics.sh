#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# How certain a line's coefficients are. Expected: R 4.2's summary(lm) and confint, to 8 digits;
# quantreg 5.94's summary(rq, se = "nid"), to 6; variance inflations as R's 1/(1 - R²) of each
# column by the others, which are the published ones (Belsley, Kuh and Welsch), the condition number as svd(scale(X)).
. "$(dirname "${BASH_SOURCE[0]}")/program.sh"

fit() { run 0 fit "$tables/$1.csv" --target "$2" --no-save --json "${@:3}"; }
# row <digits> <coefficient> <standard error> <t> <p> <low> <high>
row() {
  local error=1e-$1 name=$2 key
  shift 2
  for key in standard_error t p low high; do
    close "$error" "$1" statistics $key "$name"
    shift
  done
}

fit longley employed --loss mse
row 8 intercept 8.90420383607368e+05 -3.910802918154367 0.003560403663726081 -5.49652948327476e+06 -1.46798778591689e+06
row 8 deflator 8.49149257747668e+01 0.177376028230019 0.863140832809198622 -1.77029035298491e+02 2.07152779841242e+02
row 8 gnp 3.34910077722430e-02 -1.069516317221067 0.312681061092702661 -1.11581102413901e-01 3.99427438287183e-02
row 8 unemployed 4.88399681651696e-01 -4.136427355940754 0.002535091734111122 -3.12506664197358e+00 -9.15392965660083e-01
row 8 armed_forces 2.14274163161674e-01 -4.821985310445490 0.000944366764161754 -1.51794870017236e+00 -5.48505034174820e-01
row 8 population 2.26073200069369e-01 -0.226051144664196 0.826211795763653001 -5.62517214507212e-01 4.60309003200055e-01
row 8 year 4.55478499142210e+02 4.015889812709814 0.003036803341630158 7.98787515278430e+02 2.85951541394868e+03
close 1e-9 304.854073561963 statistics residual_standard_error
close 1e-9 0.995479004577296 statistics r2
close 1e-9 0.992465007628826 statistics adjusted_r2
close 1e-8 330.285339234591 statistics f
close 1e-8 4.98403052872458e-10 statistics f_p
close 0 9 statistics degrees_of_freedom
close 1e-8 -410.1146219309035 statistics residual_quantiles 0
close 1e-8 -157.6747192953900 statistics residual_quantiles 1
close 1e-8 -28.1619848187652 statistics residual_quantiles 2
close 1e-8 101.5503832580754 statistics residual_quantiles 3
close 1e-8 455.3940945518578 statistics residual_quantiles 4
close 1e-8 135.532438280004 statistics variance_inflation deflator
close 1e-8 1788.51348271794 statistics variance_inflation gnp
close 1e-8 33.6188905960497 statistics variance_inflation unemployed
close 1e-8 3.58893019344553 statistics variance_inflation armed_forces
close 1e-8 399.151022312632 statistics variance_inflation population
close 1e-8 758.980597406861 statistics variance_inflation year
close 1e-9 110.544153442313 statistics condition_number
says "the columns' condition number is 111"
says "'gnp' is nearly a combination of other columns (variance inflation 1.79e+03), and it is not the only one"

# lm(log(employed) ~ .), in the logarithm's units, and what it predicts in its own.
fit longley employed --loss mse --target-transform log
row 8 year 7.06076045482668e-03 4.111317484622058 0.00263182882975348 1.30564780749684e-02 4.50015777503454e-02
close 1e-8 0.00472580284503634 statistics residual_standard_error
close 1e-8 0.99540344898935 statistics r2
# transformed <name> <intercept> <slope> <prediction> <prediction>
transformed() {
  run 0 fit "$tables/longley.csv" --target employed --features gnp --loss mse --target-transform "$1" --json
  close 1e-8 "$2" intercept
  close 1e-8 "$3" coefficients gnp
  run 0 predict model.safetensors "$tables/longley.csv"
  paste <(sed -n 2,3p out) <(printf '%s\n' "$4" "$5") |
    awk '{ d = $1 / $2 - 1; bad += d * d > 1e-18 } END { exit bad }' || fail "it predicts something else of $1"
}
transformed sqrt 229.087711910802 6.80871356003365e-05 60044.4932058545 60886.1967236970
transformed log1p 10.8787123681202 5.33785867165564e-07 60099.4450198685 60911.2937106521
run 0 fit "$tables/longley.csv" --target employed --features gnp --loss mse --target-transform log --no-save
prints 'log(employed) ='
awk 'BEGIN { print "x,y"; for (i = 0; i < 9; i++) print i "," i }' >zero.csv
run 1 fit zero.csv --target y --target-transform log
says "zero.csv:2: column 'y': the target, 0, has no log, but a log1p"
awk 'BEGIN { print "x,y"; for (i = 0; i < 9; i++) print i "," i - 5 }' >negative.csv
run 1 fit negative.csv --target y --target-transform sqrt
says "negative.csv:2: column 'y': the target, -5, has no sqrt"

fit norris y --loss mse
row 8 intercept 0.232818234301156529 -1.12672907498546 2.67746742333461e-01 -0.735466652101461 0.210820504553682
row 8 x 0.000429796848199944 2331.60578589041370 4.65404085247515e-90 1.001243365735578 1.002990270305331

fit noint1 y --loss mse --no-intercept
close 1e-9 0.0165289256198348 statistics standard_error x
close 1e-8 2.53162818658304e-17 statistics p x
close 1e-9 0.999365492298663 statistics r2
close 1e-9 0.999302041528529 statistics adjusted_r2
close 1e-8 15750.2499999999 statistics f

fit stackloss STACKLOSS --loss mse
row 8 AIRFLOW 0.134858185355372 5.306613006837226 5.79902472425272e-05 0.431114300224186 1.000166100746381
row 8 ACIDCONC 0.156294043248621 -0.973309769116831 3.44046096696440e-01 -0.481874126317147 0.177629088019844

# Henderson's and Velleman's cars (1981), Engel's households (1857).
fit mtcars mpg --loss mse
close 1e-10 12.303374155996153 intercept
close 1e-10 -3.7153039283274794 coefficients wt
close 1e-10 -0.19941925485626427 coefficients carb
close 1e-9 18.717884428721426 statistics standard_error intercept
close 1e-9 1.894414299532708 statistics standard_error wt
close 1e-9 0.8287524976817677 statistics standard_error carb
close 1e-9 2.65019702786551 statistics residual_standard_error
close 1e-9 0.806642318990986 statistics adjusted_r2
close 1e-9 13.9324636902088 statistics f
close 1e-9 21.6202410289589 statistics variance_inflation disp
fit mtcars mpg --features wt,hp,qsec
close 1e-10 31.968697753841994 intercept
close 1e-10 -0.028795061420691534 coefficients hp
close 1e-7 13.110164506004631 statistics standard_error intercept
close 1e-7 0.91553823573766835 statistics standard_error wt
close 1e-7 0.017312232307908786 statistics standard_error hp
fit engel foodexp --loss mse
close 1e-10 0.48517842367692326 coefficients income
close 1e-9 0.014366381663076189 statistics standard_error income
fit engel foodexp
close 1e-10 81.482247416936218 intercept
close 1e-7 19.25066025210603 statistics standard_error intercept
close 1e-7 0.028277209683857676 statistics standard_error income
close 1e-7 4.23269884512 statistics t intercept
fit engel foodexp --loss quantile --quantile 0.9
close 1e-10 0.68629948037190536 coefficients income
close 1e-7 22.395383145453234 statistics standard_error intercept
close 1e-7 0.028490722375729267 statistics standard_error income


# Several quantiles at once: each as alone, by quantreg's figures and by the bootstrap's samples.
fit engel foodexp --loss quantile --quantile 0.25,0.5,0.9
close 1e-10 81.482247416936218 lines 0.5 intercept
close 1e-7 19.25066025210603 statistics standard_error 0.5 intercept
close 1e-7 0.028277209683857676 statistics standard_error 0.5 income
close 1e-7 22.395383145453234 statistics standard_error 0.9 intercept
close 1e-7 0.028490722375729267 statistics standard_error 0.9 income
for options in '' '--bootstrap 20'; do
  # shellcheck disable=SC2086
  fit engel foodexp --loss quantile --quantile 0.25 $options
  alone=$(json statistics standard_error income)
  # shellcheck disable=SC2086
  fit engel foodexp --loss quantile --quantile 0.25,0.9 $options
  close 1e-9 "$alone" statistics standard_error 0.25 income
done
run 0 fit "$tables/engel.csv" --target foodexp --loss quantile --quantile 0.25,0.9 --no-save --quiet
prints 'foodexp at 0.25 ='
prints 'std. error'

# What rounding leaves of 0 is printed as 0.
run 0 fit "$tables/stackloss.csv" --target STACKLOSS --loss quantile --quantile 0.25 --no-save --quiet
grep -q '^  ACIDCONC  *0 .* 0  *1 ' out || fail 'rounding is printed'

for options in '--loss l1' '--loss quantile --optimizer lbfgs'; do
  # shellcheck disable=SC2086
  fit stackloss STACKLOSS $options
  close 1e-6 7.1416267869 statistics standard_error intercept
  close 1e-6 0.1269327153 statistics standard_error AIRFLOW
  close 1e-6 0.3417930015 statistics standard_error WATERTEMP
  close 1e-6 0.0604123313 statistics standard_error ACIDCONC
  close 1e-6 -5.5575369949 statistics t intercept
  close 1e-5 0.0000347318 statistics p intercept
  close 1e-6 0.3277886172 statistics p ACIDCONC
done

# glm(y ~ x + z, binomial), glm(c ~ x + z, poisson): z in place of t.
# likely <coefficient> <standard error> <z> <p>
likely() {
  close 1e-8 "$2" statistics standard_error "$1"
  close 1e-8 "$3" statistics z "$1"
  close 1e-6 "$4" statistics p "$1" # of an error of z it makes z² times as much
}
fit binary y
likely intercept 0.2262504752425912 4.19366131102199 2.74487720777719e-05
likely x 0.1434554748284084 7.70081670675950 1.35199306065903e-14
likely z 0.0402914331173283 -4.99480916383192 5.88939748738864e-07
close 1e-8 0.823556753185952 statistics low x
close 1e-8 1.385891881283497 statistics high x
close 1e-10 453.247501186405 statistics deviance
close 1e-10 554.507744406289 statistics null_deviance
close 1e-10 459.247501186405 statistics aic
fit counts c --loss poisson
likely intercept 0.0717338839684923 3.31688364821985 9.10275162960314e-04
likely x 0.0340951488850676 11.05412485359968 2.09368731296085e-28
likely z 0.0108282873708368 10.13566262357020 3.83762792783530e-24
close 1e-10 457.348983364066 statistics deviance
close 1e-10 680.643068142049 statistics null_deviance
close 1e-10 1413.296372544055 statistics aic
run 0 fit "$tables/counts.csv" --target c --loss poisson --no-save --quiet
prints 'standard errors: the curvature of the likelihood; 397 degrees of freedom'

# lm and glm with weights 1, 2, 3, 4, 0, 1, …; rq's nid with weights 1, 2, 3, 1, ….
awk -F, -v OFS=, 'NR == 1 { print $0, "w" } NR > 1 { print $0, (NR - 1) % 5 }' "$tables/binary.csv" >weights.csv
run 0 fit weights.csv --target z --features x,y --loss mse --weights w --no-save --json
row 8 intercept 0.243868809400748 23.60347208590057 8.44658421849632e-72 5.2763446890642367 6.235956581560467
close 1e-8 0.193869054218794 statistics standard_error x
close 1e-8 6.49441639501070e-05 statistics p y
close 1e-9 4.6493474565943149 statistics residual_standard_error
close 1e-9 0.0491608438147027 statistics r2
close 1e-9 0.0431618586021771 statistics adjusted_r2
close 1e-8 8.1948599759935536 statistics f
close 0 317 statistics degrees_of_freedom
close 1e-8 -3.782729364255333 statistics residual_quantiles 1
close 1e-8 11.324663841794951 statistics residual_quantiles 4
run 0 fit weights.csv --target y --features x,z --weights w --no-save --json
likely x 0.1041390967011219 10.89492485674390 1.21867122018277e-27
likely z 0.0277198968947557 -6.15560508724603 7.47913822537888e-10
close 1e-10 919.081887998311 statistics deviance
close 1e-10 925.081887998311 statistics aic
awk -F, -v OFS=, 'NR == 1 { print $0, "w" } NR > 1 { print $0, 1 + (NR - 2) % 3 }' "$tables/binary.csv" >weights.csv
run 0 fit weights.csv --target z --features x --weights w --no-save --json
close 1e-6 0.287154824707 statistics standard_error intercept
close 1e-6 0.299648399455 statistics standard_error x
run 0 fit weights.csv --target z --features x --weights w --no-save --json --loss quantile --quantile 0.3
close 1e-6 0.219292128660 statistics standard_error intercept
close 1e-6 0.206996055672 statistics standard_error x

# A corner of the loss to the last digits: the least absolute deviations of stackloss are ratios, and so are
# those of rq(tau = 0.1478486) with weights, where the loss is all but flat.
fit stackloss STACKLOSS
close 1e-13 -39.689855072463768 intercept # -13693/345
close 1e-13 0.8318840579710145 coefficients AIRFLOW # 287/345
close 1e-13 0.5739130434782609 coefficients WATERTEMP # 66/115
close 1e-12 -0.0608695652173913 coefficients ACIDCONC # -7/115
awk -F, -v OFS=, 'NR == 1 { print $0, "w" } NR > 1 { print $0, 1 + (NR - 2) % 3 }' "$tables/stackloss.csv" >weights.csv
run 0 fit weights.csv --target STACKLOSS --weights w --loss quantile --quantile 0.1478486 --no-save --json
close 1e-12 -28.75 intercept
close 1e-12 0.2916666666666667 coefficients AIRFLOW
close 1e-12 1.1666666666666667 coefficients WATERTEMP
run 0 fit weights.csv --target STACKLOSS --weights w --no-save --json
close 1e-7 9.0412096166207 statistics standard_error intercept
close 1e-7 0.2033098436900 statistics standard_error AIRFLOW
close 1e-7 0.5328102245968 statistics standard_error WATERTEMP
close 1e-7 0.0635705465238 statistics standard_error ACIDCONC

# quantreg's summary(rq, se = "boot", bsmethod = "xy") of three times 2,000 samples: 11.6 to 12.2, 0.208 to 0.219,
# 0.564 to 0.572, 0.163 to 0.169; a sample of 400 varies by some 10 %. The seed makes the samples, not the line.
fit stackloss STACKLOSS --bootstrap 400
close 0.3 12 statistics standard_error intercept
close 0.3 0.214 statistics standard_error AIRFLOW
close 0.3 0.568 statistics standard_error WATERTEMP
close 0.3 0.166 statistics standard_error ACIDCONC
first=$(json statistics standard_error AIRFLOW)
slope=$(json coefficients AIRFLOW)
fit stackloss STACKLOSS --bootstrap 400
[ "$(json statistics standard_error AIRFLOW)" = "$first" ] || fail 'the same seed draws other samples'
fit stackloss STACKLOSS --bootstrap 400 --seed 5
[ "$(json statistics standard_error AIRFLOW)" != "$first" ] || fail 'another seed draws the same samples'
close 1e-9 "$slope" coefficients AIRFLOW
# Errors of one variance: the formula's; and of losses that have none.
awk "$random"'BEGIN { print "x,y"; seed(3); for (i = 0; i < 300; i++) { e = 0; for (k = 0; k < 12; k++) e += uniform(); print i "," i / 10 + e } }' >normal.csv
run 0 fit normal.csv --target y --loss mse --no-save --json
formula=$(json statistics standard_error x)
run 0 fit normal.csv --target y --loss mse --no-save --json --bootstrap 300
close 0.2 "$formula" statistics standard_error x
run 0 fit normal.csv --target y --loss huber --no-save --json --bootstrap 300
close 0.25 "$formula" statistics standard_error x
run 0 fit normal.csv --target y --loss huber --no-save --quiet --bootstrap 20
prints 'standard errors: the deviation over 20 samples of the rows; 298 degrees of freedom'
refuses fit normal.csv --target y --bootstrap 20 --hidden 4 -- '--bootstrap is for lines'

# Each row once as the test: the deleted residuals e / (1 - h) (R: residuals(m) / (1 - hatvalues(m))).
fit stackloss STACKLOSS --loss mse --folds 21
close 1e-9 2.9780077234498 folds mean_absolute_error mean
close 1e-9 2.2981492739836 folds mean_absolute_error standard_deviation
fit longley employed --loss mse --folds 16
close 1e-8 333.42594669251 folds mean_absolute_error mean
close 1e-8 271.79977319188 folds mean_absolute_error standard_deviation
# The model that is kept is the one without folds; groups stay together.
fit stackloss STACKLOSS --seed 3 --epochs 50
sed '/"folds"/,/^  }/d' out >without
fit stackloss STACKLOSS --seed 3 --epochs 50 --folds 4
[ "$(json folds count)" = 4 ] || fail 'not four folds'
for key in AIRFLOW WATERTEMP ACIDCONC; do
  [ "$(json coefficients $key)" = "$("$json_value" without coefficients $key)" ] || fail 'the folds have changed it'
done
awk 'BEGIN { print "g,x,y"; for (i = 0; i < 40; i++) print int(i / 10) "," i % 10 "," 100 * int(i / 10) + i % 10 }' >groups.csv
run 0 fit groups.csv --target y --no-save --json --loss mse --drop g --folds 4 --group g
# Within a group y = x + 100 g; of the three others the line is x + the mean of their 100 g: so far off
# are 200, 200 / 3, 200 / 3 and 200, whose mean is 400 / 3.
close 1e-9 133.33333333333333 folds mean_absolute_error mean
run 1 fit groups.csv --target y --no-save --folds 5 --group g
says '--folds 5: there are only 4 groups'
run 1 fit groups.csv --target y --no-save --folds 2 --group h
says "there is no column 'h' to group by"
refuses fit groups.csv --target y --folds 1 -- 'expected 2 or more'
refuses fit groups.csv --target y --group g -- '--group goes with --folds'

# Rows of 'a' have one target only: their coefficient has no end and no error, and the others are those of the other
# rows alone (expected: statsmodels' GLM of these).
awk 'BEGIN { print "g,z,y"; for (i = 0; i < 60; i++) print substr("abc", i % 3 + 1, 1) "," i * 7 % 11 "," (i % 3 ? (i * 13 % 7 > 3) : 1) }' >apart.csv
run 0 fit apart.csv --target y --no-save --json
says 'the likelihood goes on growing with 1 coefficient, '
close 1e-7 0.671475241634 statistics standard_error intercept
close 1e-7 0.637717381039 statistics standard_error g=b
close 1e-7 0.0993599605092 statistics standard_error z
[ "$(json statistics standard_error g=a)" = null ] || fail 'what has no end has an error'
awk 'BEGIN { print "g,z,y"; for (i = 0; i < 60; i++) print substr("abc", i % 3 + 1, 1) "," i * 7 % 11 "," (i % 3 ? i * 13 % 7 : 0) }' >none.csv
run 0 fit none.csv --target y --loss poisson --no-save
prints ', Poisson regression, '
run 0 fit none.csv --target y --loss poisson --no-save --json
close 1e-7 0.180653054309 statistics standard_error g=b
[ "$(json statistics p g=a)" = null ] || fail 'what has no end has a p value'
awk 'BEGIN { print "x,z,y"; for (i = 0; i < 40; i++) print 40 - i "," i * 7 % 11 "," (i > 19) }' >apart.csv
run 0 fit apart.csv --target y --no-save --loss bce
says 'the likelihood goes on growing with 3 coefficients'
prints ', logistic regression, '

# None where they would mean something else: with penalties, of other losses.
for options in '--loss huber' '--loss mse --l1-penalty 0.1' '--loss mse --weight-decay 0.1'; do
  # shellcheck disable=SC2086
  fit stackloss STACKLOSS $options
  ! grep -q '"statistics"' out || fail 'it has statistics'
done
finish
