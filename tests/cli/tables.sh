#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tables as they come: what is odd about them is said once, and the numbers are right.
. "$(dirname "${BASH_SOURCE[0]}")/program.sh"

# fits <argument>...: by least squares, which everything below is exact for.
fits() { run 0 fit "$@" --loss mse --optimizer lbfgs --no-save --json; }

# An odd value in the first row or in any other: y = 2 x + 1 on the rows that are left.
for place in 1 3 5; do
  for odd in - . n.d. '\N' '#DIV/0!' 0x1F; do
    awk -v place=$place -v odd="$odd" 'BEGIN { print "x,y"; for (i = 1; i < 9; i++) print i "," (i == place ? odd : 2 * i + 1) }' >odd.csv
    fits odd.csv --target y
    close 1e-9 2 coefficients x
    json warnings | grep -q 'missing\|row without a value' || [ "$odd" = '\N' ] || fail 'it does not say that one is missing'
  done
done
printf 'x,y\n1,-\n2,5\n3,Unknown\n4,9\n5,11\n-,13\n7,15\n' >marked.csv
fits marked.csv --target y
says "column 'y': 2 values are no numbers and taken for missing: '-' on line 2, 'Unknown' on line 4"
says "column 'x': 1 value is no number and taken for missing: '-' on line 7"
run 0 fit marked.csv --target y --na -,Unknown --no-save
grep -q 'no number' err && fail 'what stands for missing values is odd'

# Numbers in clothes, and in another country's.
printf 'price;share;y\n"1.234,50";"10%%";1\n"2.500,00";"20%%";2\n3,5;30 %%;3\n"€ 4";"40%%";4\n' >clothes.csv
fits clothes.csv --target y --decimal , --thousands . --features share
close 1e-6 10 coefficients share
says "column 'share': 4 values have signs, and are read as numbers: '10%' on line 2 as 0.1"

# Names with commas, columns by number, and lists with spaces.
printf '"Zahl, Zimmer",b,y,c\n1,2,3,1\n2,1,5,5\n3,5,7,2\n4,4,9,2\n' >names.csv
fits names.csv --target 3 --features '"Zahl, Zimmer"'
close 1e-9 2 coefficients 'Zahl, Zimmer'
fits names.csv --target y --features 1
close 1e-9 2 coefficients 'Zahl, Zimmer'
fits names.csv --target y --drop 'b, "c"'
close 1e-9 2 coefficients 'Zahl, Zimmer'
run 1 fit names.csv --target 5
says "there is no column '5' to predict; there are Zahl, Zimmer, b, y, c"

# Separators, comments, lines before the table.
printf 'Weight, kg\tHeight, cm, approx\ty\n1\t2\t3\n2\t5\t5\n4\t4\t9\n' >tabs.tsv
fits tabs.tsv --target y --features '"Weight, kg"'
close 1e-9 2 coefficients 'Weight, kg'
printf 'A report of 2026\n\n#of;prices\nsep\n' >lines.csv
printf 'A report\nsep=;\n#note, of\nx;y\n1;3\n#2;6\n3;7\n4;9\n' >lines.csv
fits lines.csv --target y --skip 1 --comment '#'
close 1e-9 2 coefficients x
close 0 3 training_metrics rows

# Encodings and compressed files, for each command.
printf 'gr\366\337e,y\n1,3\n2,5\n3,7\n' >latin.csv
run 1 fit latin.csv --target y
says "column 1: expected a name in UTF-8"
says 'say what its encoding is'
run 0 fit latin.csv --target y --encoding latin1 --quiet --loss mse --optimizer lbfgs --out latin.st
gzip -k latin.csv
run 0 predict latin.st latin.csv.gz --encoding windows-1252 --quiet
[ "$(sed -n 4p out | cut -c 1-6)" = 7 ] || [ "$(awk 'NR == 4 { printf "%.6f", $1 }' out)" = 7.000000 ] || fail 'it predicts something else'
run 0 evaluate latin.st latin.csv --encoding latin1
run 1 predict latin.st latin.csv --encoding klingon
says "iconv does not know the encoding 'klingon'"

# Several files as one: columns by name.
printf 'y,x\n9,4\n11,5\n' >second.csv
printf 'x,y\n1,3\n2,5\n' >first.csv
fits first.csv second.csv --target y
close 1e-9 2 coefficients x
close 0 4 training_metrics rows
run 0 fit first.csv second.csv --target y --no-save --epochs 1
prints 'first.csv and 1 more: 4 rows and 2 columns'
run 0 predict latin.st latin.csv latin.csv --encoding latin1 --quiet
[ "$(wc -l <out)" -eq 7 ] || fail 'it does not predict the rows of both'
printf 'x,z\n1,2\n' >other.csv
run 1 fit first.csv other.csv --target y
says "other.csv:1: 'z' is no column of first.csv"

# Dates: a trend of a hundredth a day, three more on weekends, two more in July.
awk 'BEGIN { print "day,y"; split("31 28 31 30 31 30 31 31 30 31 30 31", days, " ")
  for (n = 0; n < 1000; n++) {
    rest = n; year = 2023
    for (;;) { whole = year == 2024 ? 366 : 365; if (rest < whole) break; rest -= whole; year++ }
    for (m = 1; rest >= days[m] + (m == 2 && year == 2024); m++) rest -= days[m] + (m == 2 && year == 2024)
    weekday = (n + 6) % 7 # the first of 2023 was a Sunday
    printf "%d-%02d-%02d,%.10g\n", year, m, rest + 1, n / 100 + (weekday >= 5) * 3 + (m == 7) * 2
  } }' >days.csv
fits days.csv --target y
close 1e-6 0.01 coefficients day.trend
awk -v a="$(json coefficients 'day.weekday=Sun')" -v b="$(json coefficients 'day.weekday=Mon')" \
  'BEGIN { d = a - b - 3; exit !(d * d < 1e-12) }' || fail 'a Sunday is not three more than a Monday'
awk -v a="$(json coefficients 'day.month=7')" -v b="$(json coefficients 'day.month=3')" \
  'BEGIN { d = a - b - 2; exit !(d * d < 1e-12) }' || fail 'July is not two more than March'
fits days.csv --target y --dates trend
grep -q 'month=7' out && fail 'months were not asked for'
refuses fit days.csv --target y --dates trend,week -- "--dates: there is no 'week', but there are trend, year"
run 1 fit days.csv --target y --date-format '%Q'
says "'%Q' is no format of dates"

# Texts that tell rows apart are left out, unless they are asked for; so are none of 51.
awk 'BEGIN { print "state,x,y"; for (i = 0; i < 60; i++) print "s" i "," i % 7 "," 2 * (i % 7) + 1 }' >names.csv
run 0 fit names.csv --target y --no-save --epochs 1
says "column 'state' is left out: 60 different texts in 60 rows tell rows apart"
fits names.csv --target y --features state,x
says "column 'state' has 60 different texts: the 50 most frequent are told apart"
prints '"state=s3"'
prints '"state=(others)"'
fits names.csv --target y --text state --max-categories 100
prints '"state=s59"'
awk 'BEGIN { print "row,x,y"; for (i = 1; i < 30; i++) print i "," i % 7 "," 2 * (i % 7) + 1 }' >numbered.csv
run 0 fit numbered.csv --target y --no-save --epochs 1
says "column 'row' numbers the rows: leave it out unless their order says something"

# Names that would move a terminal's cursor, and names whose bytes are more than their characters.
printf 'c,y\n"two\nlines",1\n"\033[31mred",2\n"two\nlines",1.1\n"S\303\274d",2.1\n"\033[31mred",3\n' >control.csv
run 0 fit control.csv --target y --no-save --loss mse --quiet --epochs 1
LC_ALL=C grep -q "$(printf '\033')" out err && fail 'an escape reaches the terminal'
prints 'c=two?lines'
awk '/c=S/ { sub(/S[^d]*d/, "Sud"); sued = length($0) } /c=.*red/ { red = length($0) } END { exit sued != red || !red }' out ||
  fail 'the coefficients are not below one another'
run 0 fit control.csv --target y --no-save --loss mse --epochs 1
LC_ALL=C grep -q "$(printf '\033')" out err && fail 'an escape reaches the terminal'
finish
