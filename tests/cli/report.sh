#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The page of --report: whole, with nothing from elsewhere, names escaped; of a line what a column does is a
# straight line with the column's slope.
. "$(dirname "${BASH_SOURCE[0]}")/program.sh"

awk 'BEGIN { print "size <b>&,kind,y"; for (i = 0; i < 200; i++) print i * 37 % 101 "," (i % 2 ? "a" : "b") "," 3 * (i * 37 % 101) + i % 2 }' >table.csv
run 0 fit table.csv --target y --loss mse --no-save --test-fraction 0.25 --quiet --report page.html
head -n 1 page.html | grep -q '^<!DOCTYPE html>' || fail 'it does not begin as a page'
[ "$(tail -n 1 page.html)" = '</html>' ] || fail 'it does not end as a page'
grep -qE 'https?:|src=|href=|<script|@import' page.html && fail 'it loads something'
grep -q '<b>' page.html && fail 'a name is markup'
grep -q 'size &lt;b&gt;&amp;' page.html || fail 'a name is missing'
[ "$(grep -c '<svg' page.html)" -eq "$(grep -c '</svg>' page.html)" ] || fail 'a picture does not end'
[ "$(grep -c '<svg' page.html)" -eq "$(grep -c 'aria-label="' page.html)" ] || fail 'a picture has no name'
grep -q 'prefers-color-scheme:dark' page.html || fail 'it is never dark'
[ "$(grep -c '<svg' page.html)" -eq 5 ] || fail 'not five pictures'
[ "$(grep -c '<circle' page.html)" -eq 100 ] || fail 'not a dot for each row in two pictures'
grep -q 'R squared  *1  *1' page.html || fail 'the figures are missing'
# Of each text the mean prediction: what they differ by is what the column adds.
grep -A 1 'class="bar' page.html | sed -n 's/.*>\([^<>]*\)<.text>/\1/p' | awk '{ v[NR] = $1 } END { d = v[1] - v[2] - 1; exit !(NR == 2 && d * d < 0.01) }' ||
  fail 'not what the texts do'
# The last curve: from its lower left corner to its upper right, all steps alike.
grep '<polyline' page.html | tail -n 1 | tr ' ' '\n' | sed -n 's/^\(points="\)\{0,1\}\([0-9.]*\),\([0-9.]*\).*/\2 \3/p' |
  awk 'NR > 1 { dx = $1 - x; dy = $2 - y; if (NR > 2 && ((dx - px) ^ 2 > 0.05 || (dy - py) ^ 2 > 0.05)) bad = 1; px = dx; py = dy }
    { x = $1; y = $2; n++ } END { exit bad || n != 25 || !(py < 0) }' || fail 'what the column does is no straight line'
run 0 fit table.csv --target y --hidden 3 --epochs 2 --no-save --quiet --report page.html
run 0 fit "$tables/flowers.csv" --target species --no-save --quiet --report page.html
[ "$(grep -c '<polyline' page.html)" -eq 13 ] || fail 'not a curve for each class'
grep -q 'mean probability' page.html || fail 'these are no probabilities'
echo mine >notes
run 1 fit table.csv --target y --no-save --report notes
says 'has not written'
run 1 fit table.csv --target y --no-save --report nowhere/page.html
says 'nowhere/page.html cannot be written'
run 1 fit table.csv --target y --no-save --report table.csv
says 'it is read here'
finish
