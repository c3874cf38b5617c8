#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What is said of mistakes on the command line: a sentence, and exit status 2.
. "$(dirname "${BASH_SOURCE[0]}")/program.sh"

run 2
says 'Usage: reel COMMAND'
run 2 fitt
says "there is no command 'fitt'"
run 0 --help
prints 'reel predict'
says_nothing
run 0 --version
prints 'reel 0.'
prints 'compiler: '
prints 'large products: '
for command in fit evaluate predict inspect explain lab export; do
  run 0 "$command" --help
  prints "Usage: reel $command"
  case $command in export | lab) ;; *) prints '--json' ;; esac
  run 0 "$command" --version
done
run 0 fit --help
prints 'Examples:'
prints '--hidden=SIZES'

refuses fit -- 'the table is missing'
refuses fit t.csv -- '--target is missing'
refuses inspect t.csv u.csv -- "'u.csv' is one argument too many"
refuses fit t.csv --target y --hiden 5 -- 'unrecognized option'
refuses fit t.csv --target -- 'requires an argument'
refuses evaluate m.safetensors -- 'the table is missing'
refuses predict -- 'the model is missing'
refuses inspect -- 'the model is missing'
refuses explain -- 'which expression?'
refuses explain --lesson order --seed x -- "--seed: 'x' is no whole number"
refuses lab a b -- 'one request at a time'
refuses explain x=1 --dtype int8 -- "--dtype: 'int8' is none of float64, float32"

# A value of each kind that is none.
bad() { refuses fit t.csv --target y "--$1" "$2" -- "--$1: $3"; }
for number in 0 -1 x inf nan ''; do
  bad lr "$number" "expected a number above 0, got '$number'"
done
bad clip 0 'expected a number above 0'
bad delta 0 'expected a number above 0'
bad weight-decay -1 'expected a number from 0 on'
bad l1-penalty 1x 'expected a number from 0 on'
bad dropout 1 'expected a number from 0 on, below 1'
bad momentum 1 'expected a number from 0 on, below 1'
for fraction in 0 1 2 x; do
  bad test-fraction "$fraction" 'expected a number between 0 and 1'
  bad validation-fraction "$fraction" 'expected a number between 0 and 1'
  bad quantile "$fraction" 'expected a number between 0 and 1'
done
for count in 0 -1 1.5 x 99999999999999999999; do
  bad epochs "$count" 'expected a whole number from 1 on'
  bad batch-size "$count" 'expected a whole number from 1 on'
  bad patience "$count" 'expected a whole number from 1 on'
  bad threads "$count" 'expected a whole number from 1 on'
done
bad seed -1 'expected a whole number from 0 on'
bad hidden 64,x "expected sizes of layers, as 64,64, got 'x'"
bad hidden 0 'expected sizes of layers'
bad hidden 1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1 'there can be 16 layers, no more'
bad loss l3 "there is no 'l3', but there are l1, mse, huber, smooth_l1, quantile, log_cosh"
bad activation rellu "there is no 'rellu'"
bad optimizer adams "there is no 'adams'"
bad schedule slow "there is no 'slow'"
bad dtype f16 "there is no 'f16'"
bad missing mean "there is no 'mean'"
bad separator ab "expected one character, 'tab' or 'space'"
bad decimal '' 'expected one character'

# What does not go together.
together() { refuses fit t.csv --target y "${@:2}" -- "$1"; }
together 'exclude one another' --test u.csv --test-fraction 0.2
together 'exclude one another' --test-rows u --test-fraction 0.2
together 'exclude one another' --features a --drop b
together 'exclude one another' --out m --no-save
together '--no-intercept is for linear regression' --no-intercept --hidden 5
together '--dropout needs hidden layers' --dropout 0.1
together '--quantile goes with' --quantile 0.5
together '--delta goes with' --delta 0.5
together '--momentum goes with' --momentum 0.5
together 'leave out --batch-size' --optimizer lbfgs --batch-size 5
together 'leave out --batch-size, --schedule' --optimizer lbfgs --schedule cosine
together 'leave out --dropout' --optimizer lbfgs --hidden 5 --dropout 0.1
together '--loss mse, without penalties' --optimizer levenberg_marquardt
finish
