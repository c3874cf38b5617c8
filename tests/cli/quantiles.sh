#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Several quantiles: they hold on rows that were not seen, do not cross, and make intervals as wide as each row needs;
# networks from several seeds. What varies by chance has four of its deviations.
. "$(dirname "${BASH_SOURCE[0]}")/program.sh"
compiler=${CC:-cc}

# y = 10 x + (0.2 + x) e, e between -1 and 1: of x = 1 the errors are six times those of x = 0.
awk "$random"'BEGIN { seed(11); print "x,y" >"seen.csv"; print "x,y" >"unseen.csv"
  for (i = 0; i < 24000; i++) { x = uniform(); e = 2 * uniform() - 1
    printf "%.6g,%.6g\n", x, 10 * x + (0.2 + x) * e >(i < 12000 ? "seen.csv" : "unseen.csv") } }'

# Lines of several quantiles are the lines of each alone.
run 0 fit "$tables/stackloss.csv" --target STACKLOSS --loss quantile --quantile 0.25,0.5,0.75 --no-save --json
for q in 0.25 0.5 0.75; do
  line[${q#0.}]="$(json lines $q intercept) $(json lines $q coefficients AIRFLOW)"
done
for q in 0.25 0.5 0.75; do
  run 0 fit "$tables/stackloss.csv" --target STACKLOSS --loss quantile --quantile $q --no-save --json
  read -r intercept slope <<<"${line[${q#0.}]}"
  close 1e-4 "$intercept" intercept
  close 1e-4 "$slope" coefficients AIRFLOW
done

# Of a network: shares on other rows within 0.04, in order in every row.
run 0 fit seen.csv --target y --loss quantile --quantile 0.1,0.5,0.9 --hidden 16 --epochs 30 --quiet
run 0 evaluate model.safetensors unseen.csv --json
for q in 0.1 0.5 0.9; do
  share=$(json metrics share_at_or_below $q)
  awk -v a="$share" -v b=$q 'BEGIN { d = a - b; exit !(d * d < 0.04 * 0.04) }' || fail "of the quantile $q: $share"
done
run 0 evaluate model.safetensors unseen.csv
prints 'share at or below 0.9'
run 0 predict model.safetensors unseen.csv
[ "$(head -n 1 out)" = y,y_0.1,y_0.5,y_0.9 ] || fail 'not the columns'
awk -F, 'NR > 1 { n++; if ($2 > $3 || $3 > $4 || $1 != $3) bad = 1 } END { exit bad || n != 12000 }' out || fail 'they cross'
sed -n 2,501p out >predicted
run 0 predict model.safetensors unseen.csv --out there.csv
run 0 predict model.safetensors unseen.csv --out there.csv
run 0 predict model.safetensors seen.csv --json
[ "$(json quantiles 0.9 0)" != null ] || fail 'no quantiles'

# The exported program puts them in order, too: of a network that was hardly trained they cross.
exported() {
  run 0 export model.safetensors --c model.c --name m --force
  {
    echo '#include <stdio.h>'
    cat model.c
    echo 'int main(void) { m_row row; double all[3]; if (m_self_test()) return 9;'
    echo 'while (scanf("%lf,%*s", &row.x) == 1) { m_all(&row, all); printf("%.17g,%.17g,%.17g,%.17g\n", m_predict(&row), all[0], all[1], all[2]); } return 0; }'
  } >program.c
  $compiler -std=c99 -Wall -Wextra -pedantic -Werror -c model.c -o model.o || fail 'it does not compile'
  $compiler -std=c99 program.c -o program -lm || fail 'the program does not compile'
  sed -n 2,501p unseen.csv | ./program >exported || fail "its self-test: $?"
  paste -d, predicted exported | awk -F, '{ n++; for (k = 1; k < 5; k++) { d = $k - $(k + 4); if (d * d > 1e-10) bad = 1 } } END { exit bad || n != 500 }' ||
    fail 'it predicts something else'
}
exported
run 0 fit seen.csv --target y --loss quantile --quantile 0.3,0.5,0.7 --hidden 3 --epochs 1 --lr 1e-6 --quiet
run 0 predict model.safetensors unseen.csv
sed -n 2,501p out >predicted
exported

# Conformalized: nine in ten of other rows are inside, and where errors are large it is wide.
for model in '--hidden 16 --epochs 30' ''; do
  # shellcheck disable=SC2086
  run 0 fit seen.csv --target y --loss quantile --interval 0.9 --quiet $model
  prints 'interval: from quantile 0.05 to 0.95, moved so that it holds the true value with probability 0.9'
  run 0 evaluate model.safetensors unseen.csv --json
  close 0.06 0.9 inside
  run 0 predict model.safetensors unseen.csv
  [ "$(head -n 1 out)" = y,y_low,y_high ] || fail 'not the columns'
  paste -d, unseen.csv out | awk -F, 'NR > 1 { n++; inside += $2 >= $4 && $2 <= $5; if ($1 < 0.1) { low += $5 - $4; a++ } if ($1 > 0.9) { high += $5 - $4; b++ } }
    END { d = inside / n - 0.9; exit !(d * d < 0.05 * 0.05 && high / b > 3 * low / a) }' || fail 'it is not as wide as the rows need'
done
refuses fit seen.csv --target y --interval 0.9 --loss quantile --quantile 0.5 -- 'leave out --quantile, or give both'
refuses fit seen.csv --target y --loss quantile --quantile 0.9,0.1 -- 'in ascending order'
refuses fit seen.csv --target y --loss quantile --quantile 0.1,1 -- 'expected a number between 0 and 1'

# From several seeds: what each alone comes to, and the best by its loss is the model.
network=(fit "$tables/longley.csv" --target employed --hidden 4 --epochs 40 --weight-decay 0.02 --json)
for seed in 3 4 5; do
  run 0 "${network[@]}" --seed $seed --no-save
  error[seed]=$(json training_metrics mean_absolute_error)
done
run 0 "${network[@]}" --seed 3 --repeat 3
close 1e-12 "$(awk -v a="${error[3]}" -v b="${error[4]}" -v c="${error[5]}" 'BEGIN { printf "%.17g", (a + b + c) / 3 }')" \
  seeds mean_absolute_error mean
best=$(printf '%s 3\n%s 4\n%s 5\n' "${error[3]}" "${error[4]}" "${error[5]}" | sort -g | head -n 1)
[ "$(json training network_seed)" = "${best#* }" ] || fail 'not the seed whose loss is least'
close 1e-12 "${best% *}" training_metrics mean_absolute_error
run 0 evaluate model.safetensors "$tables/longley.csv" --json
close 1e-12 "${best% *}" metrics mean_absolute_error
run 0 fit "$tables/longley.csv" --target employed --hidden 4 --epochs 4 --repeat 2 --patience 2 --validation-fraction 0.3 --no-save --quiet
prints 'its loss is least on the rows to validate on'
refuses fit "$tables/longley.csv" --target employed --repeat 3 -- 'a line is the same from every seed'
finish
