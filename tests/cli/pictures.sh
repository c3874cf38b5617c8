#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The program's pictures: asked for before the training, drawn after it, and no reason to lose a result.
# shellcheck source-path=SCRIPTDIR source=program.sh
. "$(dirname "${BASH_SOURCE[0]}")/program.sh" "$@"

cp "$tables/../../../examples/data/houses.csv" .
quick=(houses.csv --target price --epochs 50)

# gnuplot <line>...: a program of that name, first in PATH.
gnuplot() {
  mkdir -p "$work/bin"
  printf '%s\n' '#!/bin/sh' "$@" >"$work/bin/gnuplot"
  chmod +x "$work/bin/gnuplot"
  PATH=$work/bin:$PATH
}

# The frame of an SVG and as many points as rows were tested on.
run 0 fit "${quick[@]}" --test-fraction 0.2 --plot losses.svg --plot-predictions test.svg --no-save
prints "rows                                320             80"
points=$(grep -c "' transform='translate(" test.svg)
[ "$points" -eq 80 ] || fail "test.svg has $points points, not 80"
grep -q '>l1 loss' losses.svg || fail "losses.svg does not name its axis"
run 0 fit "${quick[@]}" --plot-predictions all.png --out model.safetensors
head -c 8 all.png | grep -q PNG || fail "all.png is none"
run 0 evaluate model.safetensors houses.csv --plot-predictions evaluated.svg
points=$(grep -c "' transform='translate(" evaluated.svg)
[ "$points" -eq 400 ] || fail "evaluated.svg has $points points, not 400"

# In the terminal, beside the progress: standard output stays for results.
run 0 fit "${quick[@]}" --plot - --no-save
says "training"
says "l1 loss"
run 0 fit "${quick[@]}" --plot - --no-save --json
json loss 49 >/dev/null

# What cannot be drawn is said before anything is trained.
run 1 fit "${quick[@]}" --plot losses.jpg --out none.safetensors
says "losses.jpg: a picture's name ends in .svg, .png or .pdf"
run 1 fit "${quick[@]}" --plot-predictions no/folder.svg --out none.safetensors
says "no/folder.svg cannot be written: No such file or directory"
PATH=$work run 1 fit "${quick[@]}" --plot losses.svg --out none.safetensors
says "gnuplot was not found: install gnuplot (Debian: gnuplot-nox), or leave out --plot"
[ ! -e none.safetensors ] || fail "it was trained before that was known"

# A gnuplot that fails later: the results are printed, the model is kept, the picture is that of before.
cp losses.svg before.svg
gnuplot 'grep -q ^plot || exit 0' 'echo "half a picture"' 'kill -9 $$'
run 1 fit "${quick[@]}" --plot losses.svg --plot-predictions test.svg --out kept.safetensors
says "gnuplot was ended by signal 9"
prints "median absolute error"
[ -s kept.safetensors ] || fail "the model was not kept"
cmp -s losses.svg before.svg || fail "losses.svg is not as it was before"
[ -z "$(find . -name '*.svg.*')" ] || fail "half a picture is left"

finish
