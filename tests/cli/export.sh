#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Models as C, SQL and formulas say what `reel predict` says; predictions with other columns and with
# intervals; what is no prediction is not replaced.
. "$(dirname "${BASH_SOURCE[0]}")/program.sh"
compiler=${CC:-cc}
flags='-std=c99 -O1 -Wall -Wextra -pedantic -Werror'

# Numbers far from 0, a text with quotes, missing values, names that are none in C.
awk "$random"'BEGIN { print "year,size in m2,near,double,y"; seed(5); split("sea,inland,the \"bay\"", near, ",")
  for (i = 0; i < 2000; i++) {
    x = uniform() * 100; k = 1 + int(uniform() * 3); year = 1900 + int(uniform() * 120); e = uniform()
    text = near[k]; gsub("\"", "\"\"", text)
    printf "%d,%s,\"%s\",%.6g,%.8g\n", year, i % 50 ? sprintf("%.5g", x) : "", text, e, (year - 1900) / 9 + x * x / 300 + k + e
  } }' >table.csv

# rows <model>: a C program that predicts the table's rows.
rows() {
  echo '#include <stdio.h>'
  cat "$1"
  echo 'static const m_row rows[] = {'
  awk -F, 'NR > 1 { text = $3; gsub("\"\"", "\\\"", text); print "{" $1 ", " ($2 == "" ? "NAN" : $2) ", " text ", " $4 "}," }' \
    table.csv | sed 's/, "\(.*\)\\"", /, "\1\\"", /'
  echo '}; int main(void) { unsigned i; if (m_self_test()) return 9;'
  echo 'for (i = 0; i < sizeof rows / sizeof *rows; i++) printf("%.17g\n", m_predict(&rows[i])); return 0; }'
}

# agrees <relative error>: the exported program and predict.
agrees() {
  run 0 predict model.safetensors table.csv --quiet
  tail -n +2 out >predicted
  rm -f model.c
  run 0 export model.safetensors --c model.c --name m
  last="model.c of $last"
  # shellcheck disable=SC2086
  $compiler $flags -ffreestanding -c model.c -o model.o || fail 'it does not compile'
  rows model.c >program.c
  # shellcheck disable=SC2086
  $compiler -std=c99 program.c -o program -lm || fail 'the program does not compile'
  ./program >exported || fail "its self-test: $?"
  paste predicted exported | awk -v most="$1" 'BEGIN { worst = -1 }
    { d = $1 - $2; d = d < 0 ? -d : d; worst = d > worst ? d : worst; n++ }
    END { exit !(n == 2000 && worst <= most) }' || fail "it predicts something else"
}

for transform in log log1p sqrt none; do
  run 0 fit table.csv --target y --loss mse --quiet --target-transform $transform
  agrees 1e-11
done
run 0 fit table.csv --target y --loss mse --quiet
agrees 1e-12
# A line takes less than 4 KB, as docs/reel-fit.md says.
if command -v size >/dev/null; then
  size model.o | awk 'NR == 2 { exit !($1 + $2 < 4096) }' || fail 'it is larger than 4 KB'
fi
run 0 export model.safetensors --sql - --formula -
prints 'COALESCE("size in m2", '
prints "WHEN \"near\" = 'the \"bay\"' THEN "
prints 'y = '
for activation in relu tanh sigmoid gelu silu leaky_relu elu selu celu softplus mish hardswish softsign \
  relu6; do
  run 0 fit table.csv --target y --hidden 5,3 --dropout 0.1 --activation $activation --epochs 2 --quiet
  agrees 2e-5
done
run 0 fit table.csv --target y --hidden 5 --dtype f64 --activation gelu --epochs 2 --quiet
agrees 1e-12
run 1 export model.safetensors --sql line.sql
says 'are for lines, and this is a network'
run 1 export model.safetensors
says 'say what is to be written'
run 1 export model.safetensors --c model2.c --name 'a b'
says "'a b' is no name in C"

# What was there is replaced if it is ours, or with --force.
run 0 export model.safetensors --c model.c
echo mine >notes
run 1 export model.safetensors --c notes
says 'has not written'
run 1 predict model.safetensors table.csv --out notes
says 'has not written'
[ "$(cat notes)" = mine ] || fail 'it was replaced'
run 0 predict model.safetensors table.csv --out notes --force
run 0 predict model.safetensors table.csv --out notes

# The table's columns beside the predictions.
run 0 predict model.safetensors table.csv --quiet --keep 'year,near'
[ "$(head -n 1 out)" = year,near,y ] || fail 'not the columns'
[ "$(cut -d, -f3 out | sed -n 2,4p)" = "$(sed -n 2,4p notes)" ] || fail 'not the predictions'
run 0 predict model.safetensors table.csv --quiet --append
[ "$(head -n 1 out)" = 'year,size in m2,near,double,y,y_predicted' ] || fail 'not the columns'
tail -n +2 table.csv | sed 's/"\(sea\|inland\)"/\1/' | cut -d, -f1-4 | sed -n 1,40p >wanted
tail -n +2 out | cut -d, -f1-4 | sed -n 1,40p | cmp -s - wanted || fail 'the columns are not the table'"'"'s'
run 1 predict model.safetensors table.csv --quiet --keep colour
says "there is no column 'colour'"

# Of other rows from the same place, nine in ten lie in the interval (four deviations of a share of 400
# rows to learn its width on: 0.06, and of 2000 to count: 0.03).
sed -n '1p;2,2001p' table.csv >seen.csv
awk "$random"'BEGIN { seed(6); print "a,y" >"seen.csv"; print "a,y" >"unseen.csv"
  for (i = 0; i < 4000; i++) { a = uniform() * 6; e = uniform() + uniform() - 1
    print a "," a * a + e >(i < 2000 ? "seen.csv" : "unseen.csv") } }'
for model in '' '--hidden 16 --epochs 30' '--loss mse --hidden 16 --epochs 30'; do
  # shellcheck disable=SC2086
  run 0 fit seen.csv --target y --interval 0.9 --quiet $model
  run 0 predict model.safetensors unseen.csv
  [ "$(head -n 1 out)" = y,y_low,y_high ] || fail 'not the columns'
  paste -d, unseen.csv out | awk -F, 'NR > 1 { n++; inside += $2 >= $4 && $2 <= $5 }
    END { d = inside / n - 0.9; exit !(d * d < 0.07 * 0.07) }' || fail 'it holds another share'
done
refuses fit seen.csv --target y --interval 0.9 --loss quantile --quantile 0.5 -- 'leave out --quantile'
head -n 21 seen.csv >few.csv # a fifth of 20 rows: (4 + 1) 0.8 of them
run 0 fit few.csv --target y --interval 0.8 --no-save
run 1 fit few.csv --target y --interval 0.9
says '--interval 0.9: 4 rows to learn its width on are too few for that probability'

# Among rows 0..n-1 a shuffle moves a value by (n² - 1) / 3n on the mean; what has no weight has no
# importance.
awk 'BEGIN { print "a,noise,kind,y"; for (i = 0; i < 1000; i++) print i "," (i * 7919) % 1009 "," (i % 2 ? "odd" : "even") "," 3 * i + 5 }' >order.csv
run 0 fit order.csv --target y --loss mse --quiet
run 0 evaluate model.safetensors order.csv --importance --json
close 0.05 999.999 importance a
for none in noise kind; do
  awk -v x="$(json importance $none)" 'BEGIN { exit !(x * x < 1e-12) }' || fail "$none has an importance"
done
run 0 evaluate model.safetensors order.csv --importance
prints 'the error grows by'
run 0 fit seen.csv --target y --interval 0.9 --quiet --hidden 16 --epochs 30
run 0 evaluate model.safetensors unseen.csv --json
close 0.07 0.9 inside
run 0 evaluate model.safetensors unseen.csv
prints 'inside the  0.9 interval'
run 1 predict unseen.csv model.safetensors
says 'unseen.csv: this is text, and no model: the model is named first, then the table'
# Dates, rare texts together, missing texts, yes and no: on ten thousand rows, the texts read by scanf.
awk "$random"'BEGIN { print "when,garden,near,y"; seed(7)
  for (i = 0; i < 10000; i++) {
    month = 1 + int(uniform() * 12); day = 1 + int(uniform() * 28); hour = int(uniform() * 24); year = 1965 + int(uniform() * 90)
    garden = uniform() < 0.4 ? "yes" : "no"; kind = int(uniform() * 9); near = kind < 8 ? "place " kind * kind : ""
    printf "%s,%s,%s,%.6g\n", i % 99 ? sprintf("%02d.%02d.%d %d:%02d", day, month, year, hour, i % 60) : "", garden, near, year / 9 + month + (hour > 12) * 3 + kind + uniform()
  } }' >dates.csv
for how in '' '--hidden 8 --dtype f64'; do
  # shellcheck disable=SC2086
  run 0 fit dates.csv --target y --loss mse --quiet --max-categories 3 --date-format '%d.%m.%Y %H:%M' \
    --dates trend,year,month,weekday,hour --epochs 20 $how
  run 0 predict model.safetensors dates.csv --quiet
  tail -n +2 out >predicted
  run 0 export model.safetensors --c dates.c --name m
  {
    printf '#define _DEFAULT_SOURCE\n#include <stdio.h>\n#include <string.h>\n#include <time.h>\n'
    cat dates.c - <<'END'
int main(void)
{
    char line[200], garden[20], near[40];
    if (m_self_test() || !fgets(line, sizeof line, stdin)) {
        return 9;
    }
    while (fgets(line, sizeof line, stdin)) {
        struct tm tm = {0};
        char *at = strchr(line, ',');
        m_row row;
        int there = sscanf(line, "%d.%d.%d %d:%d", &tm.tm_mday, &tm.tm_mon, &tm.tm_year, &tm.tm_hour, &tm.tm_min) == 5;
        tm.tm_mon--;
        tm.tm_year -= 1900;
        near[0] = '\0';
        sscanf(at, ",%19[^,],%39[^,]", garden, near);
        row.when = there ? (double)timegm(&tm) : NAN;
        row.garden = garden;
        row.near = near[0] ? near : NULL;
        printf("%.17g\n", m_predict(&row));
    }
    return 0;
}
END
  } >program.c
  # shellcheck disable=SC2086
  $compiler $flags -ffreestanding -c dates.c -o dates.o || fail 'it does not compile'
  $compiler -std=c99 program.c -o program -lm || fail 'the program does not compile'
  ./program <dates.csv >exported || fail "its self-test: $?"
  paste predicted exported | awk '{ d = $1 - $2; d = d < 0 ? -d : d; worst = d > worst ? d : worst; n++ }
    END { exit !(n == 10000 && worst <= 1e-10) }' || fail "it predicts something else of dates"
done
run 1 export model.safetensors --sql dates.sql
says 'are for lines'
run 0 fit dates.csv --target y --loss mse --quiet --max-categories 3 --date-format '%d.%m.%Y %H:%M'
run 1 export model.safetensors --sql dates.sql
says "--sql: column 'when' has dates"
[ ! -e dates.sql ] || fail 'it leaves half of a file'
run 0 export model.safetensors --formula -
prints ' * days(when)'
prints ' * (weekday(when) = 6)'
prints " * (garden = 'yes')"
prints ' * (near is another text)'
prints ' * (near is missing)'
run 0 fit dates.csv --target y --loss mse --quiet --features garden,near --max-categories 3
run 0 export model.safetensors --sql -
prints 'CASE WHEN "near" IS NULL THEN '

finish
