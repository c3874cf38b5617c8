#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tables that nobody has put right: y = 2 x + 3 k + 1 all the same, or a sentence that says what to do.
. "$(dirname "${BASH_SOURCE[0]}")/program.sh"

# table <format of a row, with x, k and y> <header>: forty rows, x with two digits.
table() {
  awk -v format="$1" -v head="$2" 'BEGIN { if (head != "") print head
    for (i = 0; i < 40; i++) { x = i % 13 + (i * 37 % 100) / 100; k = i % 3
      row = format; gsub(/X/, sprintf("%.2f", x), row); gsub(/K/, k, row); gsub(/Y/, sprintf("%.2f", 2 * x + 3 * k + 1), row)
      gsub(/N/, i, row); print row } }'
}
# right <table> <option>...: the slopes of x and, if it is there, of k.
right() {
  run 0 fit "$1" --target y --loss mse --no-save --json "${@:2}"
  close 1e-9 2 coefficients x
  ! grep -q '"k":' out || close 1e-9 3 coefficients k
}
table 'X,K,Y' x,k,y >plain.csv
right plain.csv
says_nothing

# A spreadsheet's: a byte order mark, decimal commas, separators at the ends, empty columns and rows, a name twice.
{ printf '\357\273\277' && table 'X;K;;;Y;' 'x;k;;k;y;' | tr . ,; printf ';;;;;\n;;;;;\r\n'; } >sheet.csv
run 1 fit sheet.csv --target y --no-save
says "column 'y' is taken for text, for it has '1,00'; if that is a number, say decimal ','"
says "column 'y' is the target and has 40 different values in 40 rows: they tell rows apart, and are no classes"
run 1 fit sheet.csv --target y --no-save --loss mse
says "column 'y' is the target and has to hold numbers, but holds text, such as '1,00'"
right sheet.csv --decimal ,
says "sheet.csv:1: column 4 has the name 'k' of column 2, and is called 'k.1'"
says "3 columns are left out because they have no values: '3', 'k.1', '6'"
says '2 rows without a value of '"'y'"' are left out'

# Lines that are no rows: a second header, dashes, what the table is from, totals, titles before it.
{ table '' x,k,y | head -n 1 && printf 'km,-,EUR\n' && table 'X,K,Y' ''; } >units.csv
right units.csv
says "'km' on line 2"
{ cat plain.csv && printf '\nSource: Bureau of Statistics\n* provisional\n'; } >source.csv
right source.csv
says 'source.csv:43: 2 rows have fewer fields than the first row, 1 of 3 here: what is not there is missing'
table 'X,K,Y,a' x,k,y,note | awk 'NR % 4 == 2 { sub(/,a$/, "") } { print }' >short.csv
right short.csv
says 'short.csv:2: 10 rows have fewer fields than the first row'
awk -F, -v OFS=, '{ print } NR > 1 { x += $1; k += $2; y += $3 } END { print x, k, y }' plain.csv >totals.csv
right totals.csv
says 'totals.csv:42: the last row is the sum of those above it, and is left out'
table 'sX,X,Y' 'place,x,y' | awk -F, -v OFS=, '{ $1 = NR % 3 "" ; if (NR == 1) $1 = "place"; else $1 = "p" $1; print } NR > 1 { y += $3 } END { print "Grand total", "", y + 0.1 }' >named.csv
run 0 fit named.csv --target y --loss mse --no-save
says 'named.csv:42: the last row is the sum of those above it, and is left out'
printf '1,2\n2,4\n3,6\n6,12\n' | sed '1i x,y' >few.csv # 1 + 2 + 3: too few rows to be sure, but both say so
run 0 fit few.csv --target y --loss mse --no-save
says 'few.csv:5: the last row is the sum'
printf 'x,y\n5,1\n1,2\n7,3\n2,6\n' >chance.csv
run 0 fit chance.csv --target y --loss mse --no-save
! grep -q 'is the sum' err || fail 'one sum alone is chance'
{ printf 'A report\n\nof 2026,\n' && cat plain.csv; } >report.csv
run 1 fit report.csv --target y
says 'report.csv:3: expected 1 field, as the first row has, found 2'
says 'if the table begins further down, say how many lines to skip'
right report.csv --skip 3

# Numbers in several clothes.
table '"$1,0X","2,Y"' x,y | sed 's/"2,\([0-9]\)\./"2,00\1./; s/"2,\([0-9][0-9]\)\./"2,0\1./; s/0\([0-9][0-9]\.\)/\1/; s/1,0\([0-9]\.\)/1,00\1/' >dollars.csv
run 1 fit dollars.csv --target y
says "column 'x' is taken for text, for it has '\$1,000.00'; if that is a number, say thousands ','"
table "1'00X;K;Y" 'x;k;y' | sed "s/1'00\([0-9][0-9]\.\)/1'0\1/" >swiss.csv
run 0 fit swiss.csv --target y --no-save --epochs 1
says "for it has '1'000.00'; if that is a number, say thousands \"'\""
right swiss.csv --thousands "'"
table 'X%,Y' x,y | awk 'NR % 4 == 1 && NR > 1 { sub("%", "") } { print }' >percent.csv
run 0 fit percent.csv --target y --no-save --epochs 1
says "column 'x': 30 of 40 values have a percent sign, and the others none"
table 'X kg,K,Y' x,k,y >kilograms.csv
run 0 fit kilograms.csv --target y --no-save --epochs 1
says "column 'x' has 'kg' behind its numbers, and is taken for text"
awk -F, -v OFS=, 'NR % 9 == 4 { $1 = -999 } { print }' plain.csv >codes.csv
run 0 fit codes.csv --target y --no-save --epochs 1
says "column 'x': -999 comes 5 times, far from all other values: if it stands for a missing one, say so"
right plain.csv --na -999
awk -F, -v OFS=, 'NR == 4 { $1 = 99 } { print }' plain.csv >once.csv
run 0 fit once.csv --target y --no-save --epochs 1
! grep -q 'stands for' err || fail 'one value alone is no code'

# Missing values of many columns are told in one sentence, which names them.
awk 'BEGIN { print "a,\"b, c\",d,day,e,y"; for (i = 0; i < 40; i++)
  printf "%s,%s,%d,%s,%s,%d\n", i % 20 ? i * 7 % 11 : "", i % 10 ? i % 6 : "", i * i % 17, i % 8 ? "2024-0" 1 + i % 9 "-11" : "", i % 13 ? i * 3 % 8 : "", i }' >holes.csv
run 0 fit holes.csv --target y --no-save --epochs 1
says "holes.csv: 3 columns have missing values, which are taken for the median: 'a' (2 as 5), 'b, c' (4 as 2.5), 'e' (4 as 3)"
says "holes.csv: column 'day': 5 missing values are taken for the median date, in no month or hour"
[ "$(grep -c missing err)" -eq 2 ] || fail 'it says so more than once'
awk 'BEGIN { for (j = 0; j < 90; j++) printf "column-%d,", j; print "y"; for (i = 0; i < 40; i++) { for (j = 0; j < 90; j++) printf "%s,", i == j % 40 ? "" : i * (j + 3) % 37; print i } }' >wide.csv
run 0 fit wide.csv --target y --no-save --epochs 1
says "wide.csv: 88 columns have missing values, which are taken for the median: 'column-0' (1 as "
says ', …'
[ "$(grep -c missing err)" -eq 1 ] || fail 'it says so more than once'

# Nor are columns of no use a line each.
awk 'BEGIN { for (j = 0; j < 90; j++) printf "empty-%d,same-%d,twin-%d,", j, j, j; print "y"; for (i = 0; i < 40; i++) { for (j = 0; j < 90; j++) printf ",7,%s,", i * (j % 30 + 3) % 37; print i } }' >useless.csv
run 0 fit useless.csv --target y --no-save --epochs 1
says "useless.csv: 90 columns are left out because they have no values: 'empty-0', 'empty-1', "
says "90 columns are left out because all values of each are the same: 'same-0', "
says "60 columns are left out because they are the same as others: 'twin-30' (as 'twin-0'), 'twin-31' (as 'twin-1'), "
[ "$(grep -c 'left out' err)" -eq 3 ] || fail 'it says so more than once'

# Dates in formats that are not ISO's, or in several; what can be read in two ways is asked for.
table 'DN,X,Y' day,x,y | awk -F, -v OFS=, 'NR > 1 { n = substr($1, 2); $1 = sprintf("%02d.%02d.2024", 1 + n % 28, 1 + n % 12) } { print }' >german.csv
run 0 fit german.csv --target y --no-save --epochs 1
says "column 'day' has dates, by %d.%m.%Y"
awk -F, -v OFS=, 'NR % 3 == 0 { $1 = substr($1, 7) "-" substr($1, 4, 2) "-" substr($1, 1, 2) } NR % 3 == 1 && NR > 1 { gsub(/\./, "/", $1) } { print }' german.csv >several.csv
run 0 fit several.csv --target y --no-save --epochs 1
says "column 'day' has dates, by ISO 8601, %d.%m.%Y, %d/%m/%Y"
printf 'day,y\n03/04/2024,1\n05/06/2024,2\n07/08/2024,4\n' >open.csv
run 0 fit open.csv --target y --no-save --epochs 1
says "column 'day' looks like dates, but '03/04/2024' can be one by %d/%m/%Y and another by %m/%d/%Y: say their format"
run 0 fit open.csv --target y --no-save --epochs 1 --date-format %m/%d/%Y --dates month
prints 'day.month=3'
printf '13/04/2024,8\n' >>open.csv
run 0 fit open.csv --target y --no-save --epochs 1 --dates month
says "column 'day' has dates, by %d/%m/%Y"
prints 'day.month=6'
printf '04/14/2024,8\n' >>open.csv
run 1 fit open.csv --target y --no-save --epochs 1
says "'03/04/2024' can be one by %d/%m/%Y and another by %m/%d/%Y"
run 0 fit open.csv --target y --no-save --epochs 1 --date-format %m/%d/%Y --date-format %d/%m/%Y
says "column 'day': 3 rows of dates that the formats do not agree on, such as '03/04/2024': the first of %m/%d/%Y, %d/%m/%Y counts"
printf 'day,y\nJan-3-2024,1\nJun-15-2024,2\nJul-8-2024,4\n' >month.csv
run 0 fit month.csv --target y --no-save --epochs 1
says "column 'day' has dates, by %b-%d-%Y"
printf 'day,x,y\n20240103,1,1\n20240615,2,2\n20240708,4,4\n' >digits.csv
run 0 fit digits.csv --target y --no-save --epochs 1
says "column 'day' looks like dates: if it is, say their format, %Y%m%d"
run 0 fit digits.csv --target y --epochs 1 --date-format %Y%m%d
says "digits.csv: column 'day' has numbers that are dates by the format given"
prints 'day.month=6'
for _ in 'as it is read' 'as it was kept'; do
  run 0 fit digits.csv --target y --no-save --epochs 1 --date-format %Y%m%d --cache digits.kept
  says "digits.csv: column 'day' has numbers that are dates by the format given"
done
run 0 predict model.safetensors digits.csv
says_nothing
run 0 fit digits.csv --target y --no-save --epochs 1 --date-format %Y
says "column 'day' looks like dates"
printf 'size,x,y\n20240103,1,1\n20241315,2,2\n20240708,4,4\n' >sizes.csv
run 0 fit sizes.csv --target y --no-save --epochs 1
! grep -q 'looks like dates' err || fail 'there is no thirteenth month'
run 0 fit sizes.csv --target y --no-save --epochs 1 --date-format %Y%m%d
! grep -q 'dates' err || fail 'there is no thirteenth month'
prints '  size '
printf 'day,y\n03/04/24,1\n15/06/24,2\n07/08/24,4\n17/08/24,4\n' >short.csv
run 0 fit short.csv --target y --no-save --epochs 1
says "column 'day' looks like dates: if it is, say their format, such as %d/%m/%y"
printf 'day,y\n03.04.2024,1\n15.06.2024,2\nsoon,4\n17.08.2024,4\n' >odd.csv
run 0 fit odd.csv --target y --no-save --epochs 1
says "column 'day' looks like dates, but 'soon' is none in a usual format: say its format"

# What is no CSV.
printf '<!DOCTYPE html>\n<html></html>\n' >page.html
run 1 fit page.html --target y
says 'page.html: it is a web page; save the table as CSV first'
printf '[{"x":1,"y":2}]\n' >list.json
run 1 fit list.json --target y
says 'list.json: it is JSON'
{ table 'X\tK\tY' 'x	k	y' | sed 's/\\t/	/g' | iconv -t UTF-16; } >unicode.txt
right unicode.txt
table 'X    K Y  ' '  x  k     y' >blanks.txt
right blanks.txt
right blanks.txt --separator space
table 'X,K,Y' x,k,y | tr '\n' '\r' >mac.csv
right mac.csv
finish
