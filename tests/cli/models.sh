#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The model's file: the same bytes from the same seed, all that a prediction needs, and whole at any
# time; what the four commands say of it agrees.
. "$(dirname "${BASH_SOURCE[0]}")/program.sh"
table=$tables/longley.csv
network=(fit "$table" --target employed --hidden 8,4 --epochs 300 --batch-size 5 --json)

same() { cmp -s "$1" "$2" || fail "$1 is not $2"; }
differs() { ! cmp -s "$1" "$2" || fail "$1 is $2"; }
run 0 "${network[@]}" --out first --seed 3
mv out fitted
run 0 "${network[@]}" --out second --seed 3
same first second
run 0 "${network[@]}" --out threads --seed 3 --threads 3
same first threads
run 0 "${network[@]}" --out other --seed 4
differs first other
run 0 "${network[@]}" --out dropped --seed 3 --dropout 0.2 --threads 1
run 0 "${network[@]}" --out dropped-again --seed 3 --dropout 0.2 --threads 2
same dropped dropped-again
run 0 fit "$table" --target employed --out line --threads 1
run 0 fit "$table" --target employed --out line-again --threads 2
same line line-again

# evaluate measures what fit has measured, to the last bit.
run 0 evaluate first "$table" --json
mv out evaluated
for key in rows mean_absolute_error root_mean_squared_error r2_score median_absolute_error; do
  last="evaluate: $key"
  [ "$("$json_value" fitted training_metrics $key)" = "$("$json_value" evaluated metrics $key)" ] ||
    fail 'not what fit has measured'
done
run 0 evaluate first "$table"
prints 'mean absolute error'

# Columns are found by name, and the target is not needed.
awk -F, -v OFS=, '{ print $7, "x" NR, $6, $5, $4, $3, $2 }' "$table" |
  sed '1s/.*/year,more,population,armed_forces,unemployed,gnp,deflator/' >shuffled.csv
run 0 predict first "$table"
mv out predicted
[ "$(head -n 1 predicted)" = employed ] || fail "the column is not the target's"
run 0 predict first shuffled.csv
same out predicted
run 0 predict first shuffled.csv --out written.csv
same written.csv predicted
[ ! -s out ] || fail 'it prints them, too'
run 0 predict first "$table" --json
[ "$(json predictions 15)" != null ] || fail 'there are no 16 predictions'

# The mean absolute error of what predict wrote is the one that fit has reported.
last='predict'
paste -d, "$table" predicted | awk -F, -v reported="$("$json_value" fitted training_metrics mean_absolute_error)" \
  'NR > 1 { d = $1 - $8; s += d < 0 ? -d : d } END { d = s / 16 / reported - 1; exit !(d * d < 1e-10) }' ||
  fail 'the predictions have another error than fit has reported'

# A line's predictions are its coefficients'.
run 0 fit "$table" --target employed --loss mse --optimizer lbfgs --json --out line --force
intercept=$(json intercept)
slope=$(json coefficients year)
run 0 inspect line --json
[ "$(json intercept)" = "$intercept" ] || fail 'not the intercept that fit has reported'
[ "$(json coefficients year)" = "$slope" ] || fail 'not the coefficient that fit has reported'
[ "$(json training optimizer)" = lbfgs ] || fail 'not how it was trained'
run 0 inspect line
prints 'predicts employed'
prints 'armed_forces'
prints '0.weight'
run 0 inspect first --json
[ "$(json model)" = 6-8-4-1 ] || fail 'not the shape'

# Text columns, a target with a comma and quotes in its name.
printf '"a ""b"", c",kind,x\n1,red,1\n2,blue,2\n3,red,3\n4,green,4\n' >names.csv
run 0 fit names.csv --target 'a "b", c' --quiet --epochs 1
run 0 predict model.safetensors names.csv
[ "$(head -n 1 out)" = '"a ""b"", c"' ] || fail 'the name is not quoted as it was'
run 0 inspect model.safetensors
prints 'kind=green'

# Columns that are chosen, and numbers that are names: the model remembers which.
printf 'zip,area,more,y\n101,1,5,10\n202,2,5,21\n101,3,4,29\n202,4,4,41\n' >zip.csv
run 0 fit zip.csv --target y --text zip --drop more --quiet --epochs 1
run 0 inspect model.safetensors --json
[ "$(json model)" = 3-1 ] || fail 'not area and two categories'
[ "$(json features 1 name)" = zip=101 ] || [ "$(json features 0 name)" = zip=101 ] || fail 'no category'
run 0 predict model.safetensors zip.csv
says_nothing
run 0 fit zip.csv --target y --features area,more --quiet --epochs 1
run 0 inspect model.safetensors --json
[ "$(json model)" = 2-1 ] || fail 'not the two columns'

# Rows to test on, given and drawn.
printf '0 3\n15' >rows
run 0 fit "$table" --target employed --no-save --json --test-rows rows --epochs 1
[ "$(json test_metrics rows)" = 3 ] || fail 'not the rows of the list'
run 0 fit "$table" --target employed --no-save --json --test-fraction 0.25 --epochs 1
[ "$(json test_metrics rows)" = 4 ] || fail 'not a quarter of the rows'
[ "$(json training_metrics rows)" = 12 ] || fail 'not the others'
run 0 fit "$table" --target employed --no-save --json --test "$table" --epochs 1
[ "$(json test_metrics mean_absolute_error)" = "$(json training_metrics mean_absolute_error)" ] ||
  fail 'the same table has another error'

# Early stopping keeps the best epoch's model; without a schedule that was asked for it is trained on
# with all rows, for twice as many epochs at most.
run 0 fit "$table" --target employed --json --hidden 16 --patience 3 --validation-fraction 0.3 --lr 0.1 \
  --out stopped
best=$(json best_epoch)
epochs=$(json training epochs)
[ "$epochs" -le "$((3 * (best + 3)))" ] || fail "it went on for $epochs epochs after the best, $best"
run 0 fit "$table" --target employed --json --hidden 16 --patience 3 --validation-fraction 0.3 --lr 0.1 \
  --schedule cosine --out stopped
best=$(json best_epoch)
epochs=$(json training epochs)
[ "$epochs" -le "$((best + 3))" ] || fail "it went on for $epochs epochs after the best, $best"

# Trials of weight decays leave everything else as it was: the decay that they choose, given, makes the
# same model. Where there is nothing to learn they choose the strongest, but for one table in six at most: a decay
# that is as good in truth seems better by more than one standard error that often.
noise() {
  awk "$random"'BEGIN { print "a,b,y"; seed('"$1"'); for (i = 0; i < 80; i++) print uniform() "," uniform() "," uniform() }'
}
strongest=0
for noise in 2000 2001 2002 2003 2004 2005; do
  noise $noise >noise.csv
  run 0 fit noise.csv --target y --hidden 20 --epochs 400 --json --no-save
  [ "$(json training weight_decay)" != 1.0 ] || strongest=$((strongest + 1))
done
[ "$strongest" -ge 5 ] || fail "it has learned noise: $strongest of 6 decays are the strongest"
noise 2000 >noise.csv
run 0 fit noise.csv --target y --hidden 20 --epochs 400 --json --out tried
run 0 fit noise.csv --target y --hidden 20 --epochs 400 --weight-decay 1 --out given
same tried given
run 0 fit noise.csv --target y --hidden 20 --epochs 400 --threads 2 --out tried-again
prints 'weight decay: 1, by trials on parts of the rows: the strongest within one standard error of the best'
same tried tried-again

# Tables of other kinds.
printf '1;2,5\n2;4,5\n3;6,5\n' >numbers.csv
run 0 fit numbers.csv --target 2 --no-header --decimal , --no-save --json --epochs 10
run 0 fit numbers.csv --target 2 --no-header --decimal , --separator ';' --no-save --epochs 10
prints '3 rows and 2 columns'
finish
