#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Classes. Expected: sklearn 1.7's LogisticRegression(C=inf), its accuracy_score, log_loss, confusion_matrix and
# precision_recall_fscore_support, with the coefficients taken relative to the first class as R's multinom has them.
. "$(dirname "${BASH_SOURCE[0]}")/program.sh"
compiler=${CC:-cc}
flowers=$tables/flowers.csv

run 0 fit "$flowers" --target species --json
says "the values of 'species' are text: --loss cross_entropy, which predicts a class"
close 1e-12 0.29299891782762794 training_metrics log_loss
close 1e-12 0.8866666666666667 training_metrics accuracy
close 1e-9 0.015116807215151977 lines versicolor intercept
close 1e-10 -0.4905954817508162 lines versicolor coefficients sepal_length
close 1e-10 0.03374517534067798 lines versicolor coefficients petal_length
close 1e-10 7.334962959004755 lines versicolor coefficients petal_width
close 1e-10 -16.819362482876087 lines virginica intercept
close 1e-10 -2.988422631937949 lines virginica coefficients sepal_width
close 1e-10 10.644061133729117 lines virginica coefficients petal_width
for k in 0 1 2; do
  wanted=(43 0 0 6 52 6 0 5 38)
  for i in 0 1 2; do
    [ "$(json training_classes $k taken_for $i)" = "${wanted[3 * k + i]}" ] || fail "not who was taken for whom: $k, $i"
  done
done
close 1e-12 0.912280701754386 training_classes 1 precision
close 1e-12 0.8125 training_classes 1 recall
close 1e-12 0.859504132231405 training_classes 1 f1
close 0 64 training_classes 1 rows

# statsmodels 0.14's MNLogit: standard errors, z, p, intervals, deviance and AIC.
# certain <class> <coefficient> <standard error> <z> <p> <low> <high>
certain() {
  local class=$1 name=$2 key
  shift 2
  for key in standard_error z p low high; do
    close 1e-9 "$1" statistics $key "$class" "$name"
    shift
  done
}
certain versicolor intercept 6.116224359764916 0.002471591348835 0.998027957429941 -11.972462659290654 12.002696273720916
certain versicolor petal_width 3.847204402270637 1.906569600168788 0.056576344837246 -0.205419110609666 14.875345028619122
certain virginica sepal_width 2.200241294605213 -1.358224954356270 0.174392314598689 -7.300816326661946 1.323971062786055
certain virginica petal_width 4.197465797416274 2.535830343223042 0.011218106745500 2.417179344454494 18.870942923003682
close 1e-12 87.89967534828835 statistics deviance
close 1e-12 323.927133659546 statistics null_deviance # 2 (86 log(150/43) + 64 log(150/64))
close 1e-12 107.89967534828835 statistics aic
close 0 140 statistics degrees_of_freedom

# evaluate, predict and the exported program say the same.
run 0 evaluate model.safetensors "$flowers" --json
close 1e-12 0.29299891782762794 metrics log_loss
[ "$(json classes 1 taken_for 2)" = 6 ] || fail 'not what fit has counted'
run 0 evaluate model.safetensors "$flowers" --importance
prints 'virginica                43     0.8636     0.8837     0.8736'
prints 'the log loss grows by'
run 0 predict model.safetensors "$flowers" --probabilities
[ "$(head -n 1 out)" = species,species=setosa,species=versicolor,species=virginica ] || fail 'not the columns'
for line in 2:setosa,0.9145126122556393,0.08548738768636377,5.7996952314357466e-11 \
  82:versicolor,0.010371002655925938,0.9867054757305808,0.0029235216134932632 \
  142:virginica,4.956617602879772e-08,0.029112480323328884,0.9708874701104951; do
  paste -d, <(sed -n "${line%%:*}p" out) <(echo "${line#*:}") | awk -F, '{ for (k = 2; k < 5; k++) { d = $k / $(k + 4) - 1; if (d * d > 1e-20) bad = 1 } exit bad || $1 != $5 }' ||
    fail "not the probabilities of line ${line%%:*}"
done
run 0 predict model.safetensors "$flowers"
[ "$(sort out | uniq -c | awk '{ print $1 $2 }' | tr '\n' ' ')" = '49setosa 1species 57versicolor 44virginica ' ] || fail 'not the classes'
cp out classes
run 0 predict model.safetensors "$flowers" --json --probabilities
[ "$(json predictions 0)" = setosa ] || fail 'not the class'
close 1e-10 0.9145126122556393 probabilities setosa 0
run 0 predict model.safetensors "$flowers" --keep species
[ "$(head -n 1 out)" = species,species_predicted ] || fail 'not the columns'
run 1 export model.safetensors --sql -
says 'are for lines of one number'

# exported <options>...: the same rows through the C file.
exported() {
  run 0 fit "$flowers" --target species --quiet "$@"
  run 0 predict model.safetensors "$flowers" --probabilities
  tail -n +2 out >predicted
  run 0 export model.safetensors --c model.c --name m --force
  {
    echo '#include <stdio.h>'
    cat model.c
    echo 'int main(void) { m_row row; double all[3]; int k; if (m_self_test()) return 9;'
    echo 'while (scanf("%lf,%lf,%lf,%lf,%*s", &row.sepal_length, &row.sepal_width, &row.petal_length, &row.petal_width) == 4) {'
    echo 'k = m_all(&row, all); if (k != m_predict(&row)) return 8;'
    echo 'printf("%s,%.17g,%.17g,%.17g\n", m_classes[k], all[0], all[1], all[2]); } return 0; }'
  } >program.c
  $compiler -std=c99 -Wall -Wextra -pedantic -Werror -ffreestanding -c model.c -o model.o || fail 'it does not compile'
  $compiler -std=c99 program.c -o program -lm || fail 'the program does not compile'
  tail -n +2 "$flowers" | ./program >exported || fail "its self-test: $?"
  paste -d, predicted exported | awk -F, -v most="$most" '{ n++; if ($1 != $5) bad = 1
    for (k = 2; k < 5; k++) { d = $k - $(k + 4); if (d * d > most * most) bad = 1 } } END { exit bad || n != 150 }' ||
    fail 'it predicts something else'
}
most=1e-12
exported
most=1e-5
exported --hidden 8 --epochs 30
exported --hidden 8,4 --dropout 0.1 --activation tanh --epochs 30 --test-fraction 0.3

# The same minimum by any optimizer, and with weights of 2 what each row twice gives.
for optimizer in adam lbfgs; do
  run 0 fit "$flowers" --target species --loss cross_entropy --optimizer $optimizer --no-save --json
  close 1e-12 0.29299891782762794 training_metrics log_loss
done
awk -F, -v OFS=, 'NR == 1 { print $0, "w" } NR > 1 { print $0, 1 + NR % 2 }' "$flowers" >weights.csv
awk 'NR == 1 || NR % 2 == 0 || NR % 2 == 1 { print } NR > 1 && NR % 2 == 1 { print }' "$flowers" >twice.csv
run 0 fit weights.csv --target species --weights w --no-save --json
slope=$(json lines virginica coefficients petal_width)
error=$(json statistics standard_error virginica petal_width)
aic=$(json statistics aic)
run 0 fit twice.csv --target species --no-save --json
close 1e-9 "$slope" lines virginica coefficients petal_width
close 1e-9 "$error" statistics standard_error virginica petal_width
close 1e-11 "$aic" statistics aic
# None of what is no maximum of the likelihood.
for options in '--l1-penalty 0.01' '--validation-fraction 0.2'; do
  run 0 fit "$flowers" --target species --no-save --json $options
  ! grep -q '"statistics"' out || fail 'it has statistics'
done
run 1 fit "$flowers" --target species --no-save --bootstrap 20
says "--bootstrap is for lines of one number, and 'species' has classes"

# Whole numbers, when asked; a note where they may be classes.
awk -F, -v OFS=, '{ sub("setosa", 1); sub("versicolor", 2); sub("virginica", 5); print }' "$flowers" >numbers.csv
run 0 fit numbers.csv --target species --no-save --epochs 2
says "'species' has 3 values, which are whole numbers"
run 0 fit numbers.csv --target species --loss cross_entropy --json --folds 3
close 1e-12 0.29299891782762794 training_metrics log_loss
[ "$(json folds accuracy mean | cut -c 1-3)" = 0.8 ] || fail 'not the accuracy of folds'
run 0 predict model.safetensors numbers.csv
[ "$(tail -n +2 out)" = "$(tail -n +2 classes | sed 's/setosa/1/; s/versicolor/2/; s/virginica/5/')" ] || fail 'not the classes'

# A class that was not there in training counts as wrong, and is told.
sed '2s/setosa/tulip/' "$flowers" >unseen.csv
run 0 fit "$flowers" --target species --quiet
run 0 evaluate model.safetensors unseen.csv --json
says "1 row of column 'species' has a class that was not seen in training"
close 1e-12 0.88 metrics accuracy
run 0 evaluate model.safetensors unseen.csv
prints '(not known)'

# Told apart completely, or one class of them: no end of the coefficients, and no errors.
awk 'BEGIN { print "x,y"; for (i = 0; i < 20; i++) print i "," (i < 10 ? "low" : "high") }' >apart.csv
run 0 fit apart.csv --target y
says 'the likelihood goes on growing with 2 coefficients'
awk 'BEGIN { print "x,y"; for (i = 0; i < 30; i++) print i "," (i < 10 ? "low" : i % 3 ? "middle" : "high") }' >one.csv
run 0 fit one.csv --target y --json --no-save
says 'the likelihood goes on growing with 2 coefficients'
[ "$(json statistics standard_error low x)" = null ] || fail 'what has no end has an error'
run 0 fit apart.csv --target y
! grep -q residuals out || fail 'classes have residuals'
run 1 fit "$flowers" --target species --loss mse
says "is the target and has to hold numbers, but holds text, such as 'setosa'"
run 1 predict model.safetensors numbers.csv --probabilities
run 0 fit apart.csv --target x --quiet
run 1 predict model.safetensors apart.csv --probabilities
says '--probabilities: the model predicts a number, and no class'
refuses fit apart.csv --target y --loss cross_entropy --interval 0.9 -- 'has no intervals'
finish
