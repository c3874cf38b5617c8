#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# An exported C file for each kind of model, on ten thousand rows drawn at random, with missing values, texts that were
# not seen and dates: `reel predict`'s digits. The rows are read by scanf, the texts as they stand.
. "$(dirname "${BASH_SOURCE[0]}")/program.sh"
compiler=${CC:-cc}

# draw <rows> <seed> <odd>: size, rooms, near, garden, when (seconds), and targets; with `odd` what training has not seen.
draw() {
  awk -v n="$1" -v first="$2" -v odd="$3" "$random"'BEGIN { seed(first)
    print "size,rooms,near,garden,when,y,positive,yes,count,class"
    for (i = 0; i < n; i++) {
      size = 20 + 200 * uniform(); rooms = 1 + int(uniform() * 7); kind = int(uniform() * 8); old = uniform() < 0.4
      year = 1965 + int(uniform() * 90); month = 1 + int(uniform() * 12); day = 1 + int(uniform() * 28); hour = int(uniform() * 24)
      near = kind < 7 ? "place " kind * kind : ""; garden = old ? "yes" : "no"
      y = size / 9 + rooms * kind + month + old * 7 + uniform()
      if (odd && uniform() < 0.05) near = "elsewhere " i
      if (odd && uniform() < 0.05) garden = uniform() < 0.5 ? "perhaps" : ""
      printf "%s,%s,%s,%s,%s,%.6g,%.6g,%d,%d,%s\n", uniform() < 0.04 ? "" : sprintf("%.5g", odd && uniform() < 0.02 ? -size : size),
        uniform() < 0.02 ? "" : rooms, near, garden,
        uniform() < 0.03 ? "" : sprintf("%d-%02d-%02dT%02d:%02d", year, month, day, hour, i % 60),
        y, y * y, (y > 30), int(y / 10), substr("abc", 1 + int(y / 20) % 3, 1) } }'
}
draw 400 1 0 >seen.csv
draw 10000 2 1 >unseen.csv

# A program that reads what predict reads.
cat >main.c <<'END'
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include MODEL
static double number(const char *text) { return *text ? strtod(text, NULL) : NAN; }
static double date(const char *text)
{
    struct tm tm = {0};
    if (sscanf(text, "%d-%d-%dT%d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min) != 5) {
        return NAN;
    }
    tm.tm_mon--;
    tm.tm_year -= 1900;
    return (double)timegm(&tm);
}
int main(void)
{
    char line[400];
    if (m_self_test() || !fgets(line, sizeof line, stdin)) {
        return 9;
    }
    while (fgets(line, sizeof line, stdin)) {
        char *field[10], *at = line;
        int i;
        m_row row;
        for (i = 0; i < 10; i++) {
            field[i] = at;
            at += strcspn(at, ",\n");
            *at++ = '\0';
        }
        memset(&row, 0, sizeof row);
        row.size = number(field[0]);
        row.rooms = number(field[1]);
        row.near = *field[2] ? field[2] : NULL;
#ifdef ALL
        row.garden = *field[3] ? field[3] : NULL;
        row.when = date(field[4]);
#endif
#ifdef CLASSES
        printf("%s\n", m_classes[m_predict(&row)]);
#elif defined INTERVAL
        double low, high, y = m_interval(&row, &low, &high);
        printf("%.17g,%.17g,%.17g\n", y, low, high);
        if (y != m_predict(&row)) {
            return 8;
        }
#else
        printf("%.17g\n", m_predict(&row));
#endif
    }
    return 0;
}
END

# agrees <relative error> <macros> <options of fit>...
agrees() {
  local most=$1 macros=$2
  shift 2
  run 0 fit seen.csv --quiet --epochs 20 --max-categories 4 --dates trend,year,month,weekday,hour "$@"
  run 0 predict model.safetensors unseen.csv --quiet
  tail -n +2 out | cut -d, -f$columns >predicted
  run 0 export model.safetensors --c model.c --name m --force
  last="model.c of fit $*"
  $compiler -std=c99 -O1 -Wall -Wextra -pedantic -Werror -ffreestanding -c model.c -o model.o || fail 'it does not compile'
  # shellcheck disable=SC2086
  $compiler -std=c99 -O1 $macros -DMODEL='"model.c"' main.c -o program -lm || fail 'the program does not compile'
  ./program <unseen.csv >exported || fail "its self-test: $?"
  paste -d, predicted exported | awk -F, -v most="$most" '{ n++; if ($1 + 0 != $1) { bad += $1 != $2; next }
    for (k = 1; k <= NF / 2; k++) { x = $k; d = x - $(k + NF / 2); d = d < 0 ? -d : d; a = x < 0 ? -x : x
      size = a > size ? a : size; worst = d > worst ? d : worst } }
    END { exit !(n == 10000 && worst <= most * (size + 1e-300) && bad <= n * most * 10) }' || fail 'it predicts something else'
}
columns=1
from=size,rooms,near,garden,when
agrees 1e-12 -DALL --target y --features $from --loss mse
agrees 1e-12 -DALL --target y --features $from
agrees 1e-12 -DALL --target positive --features $from --loss mse --target-transform log
agrees 1e-12 -DALL --target positive --features $from --loss mse --target-transform sqrt
agrees 1e-12 -DALL --target yes --features $from --loss bce --weight-decay 0.01 --optimizer adam
agrees 1e-12 -DALL --target count --features $from --loss poisson
agrees 1e-5 '-DALL -DCLASSES' --target class --features $from --hidden 5
agrees 1e-12 '-DALL -DCLASSES' --target class --features $from --dtype f64 --hidden 5
agrees 1e-12 -DALL --target y --features $from --loss quantile --quantile 0.1,0.5,0.9
agrees 1e-5 -DALL --target y --features $from --hidden 8,4 --dropout 0.1 --activation silu
agrees 1e-12 -DALL --target y --features $from --hidden 8 --activation tanh --dtype f64
agrees 1e-5 -DALL --target yes --features $from --loss bce --hidden 6
agrees 1e-5 -DALL --target count --features $from --loss poisson --hidden 6
agrees 1e-10 '' --target y --loss mse --terms 'size*near + poly(rooms, 4) + log(size) + sqrt(size):rooms + I(size^2) + near:log1p(rooms)'
agrees 1e-5 '' --target y --hidden 6 --terms 'size*near + poly(rooms, 4) + exp(rooms)'
agrees 1e-10 -DALL --target y --loss mse --terms 'size + when:rooms + garden*near + rooms'
# Both ends of an interval, split conformal and between quantiles.
columns=1-3
agrees 1e-12 '-DALL -DINTERVAL' --target y --features $from --loss mse --interval 0.9
agrees 1e-12 '-DALL -DINTERVAL' --target positive --features $from --loss mse --target-transform log --interval 0.8
agrees 1e-12 '-DALL -DINTERVAL' --target positive --features $from --loss mse --target-transform sqrt --interval 0.9
agrees 1e-12 '-DALL -DINTERVAL' --target y --features $from --loss quantile --interval 0.8
agrees 1e-5 '-DALL -DINTERVAL' --target y --features $from --hidden 8 --interval 0.9
finish
