#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# reel explain: steps, gradients and their proof, what is wrong and where. The numbers are calculus'.
# shellcheck source-path=SCRIPTDIR source=program.sh
. "$(dirname "${BASH_SOURCE[0]}")/program.sh" "$@"

# gradient <name> <value>: what the last run printed of it, and that nudging gave the same.
gradient() {
  awk -v name="$1" -v value="$2" '$0 ~ "^  " name " +" {
      found = ($(NF - 1) - value)^2 < 1e-8 && ($NF - value)^2 < 1e-6 } END { exit !found }' out ||
    fail "the gradient of $1 is not $2, or not proven"
}

run 0 explain 'b = a + a; c = b * b' a=3
prints '   1  b = add(a, a) = 6.0000'
prints 'to b: g * b = 1.0000 * 6.0000 = 6.0000, added to the 6.0000 that had come: 12.0000'
prints 'added to the 12.0000 that had come: 24.0000'
gradient a 24
says_nothing

run 0 explain 's = w*x + b; y = tanh(s)' 'loss = (y - t)^2' w=0.75 b=-1 x=2 t=1 --constant x,t
gradient w -1.692067
gradient b -0.846033
! grep -q '^  x ' out || fail "x is constant"
run 0 explain 'l1_loss(X @ w, y)' 'X=[[1,2],[3,4]]' 'w=[0.5,-1]' 'y=[0,1]' --constant X,y
gradient 'w, element 1' -3
run 0 explain 'sum(relu(x) * [1, 2, 3], 0)' 'x=[-1, 2, 3]'
gradient 'x, element 0' 0
gradient 'x, element 2' 3
run 0 explain 'mean(X, 1) @ [1, 1]' 'X=[[1,2],[3,4]]'
gradient 'X, element 3' 0.5
run 0 explain 'a * detach(a)' a=2
prints '2' # where nudging, which moves both, gives 4
run 0 explain 'y = -a^2 + 2 - 3*-a / 2 ** 2' a=3 # -a² + 2 + 3a/4
gradient a -5.25
run 0 explain 'where(a > b, a * b, a); ' a=3 b=2
gradient b 3
run 0 explain 'max(a, 0) + exp(log(c))' a=2 c=4 z=1
prints '(no path leads here)'
run 0 explain 'sqrt(x)' x=0
prints 'inf'
run 0 explain 'a * a' a=3 --dtype float32 --table
prints 'a += g * a; a += g * a'
prints '  a: 3.0000 from step 1 + 3.0000 from step 1 = 6.0000'
run 0 explain 'a * a' a=3 --json -
json backward 1 after 0 >/dev/null
run 0 explain 'a * a' a=3 --dot a.dot --html a.html --json a.json
grep -q 'digraph' a.dot || fail "a.dot is none"
grep -q '"amount":\["3.0000"\]' a.html || fail "a.html has no tape"
grep -q '<script src\|http://[^w]' a.html && fail "a.html asks for something outside"

# asked <answer>... -- <argument>...: what it says of each answer.
asked() {
  printf '' >answers
  while [ "$1" != -- ]; do
    printf '%s\n' "$1" >>answers
    shift
  done
  input=answers
  run 0 explain "${@:2}"
  input=
}
asked 12 6 -24 3 24 -- 'b = a + a; c = b * b' a=3 --ask
prints 'What is d c / d b, the gradient of b?'
prints 'The size is right, the sign is not.'
prints 'It is 24:'
prints '1 of 2 right at the first try.'
asked 6 '6 * 6' '2*6' what '8*3' -- 'b = a + a; c = b * b' a=3 --ask=all
prints 'What is c?'
prints 'A number, please'
prints '4 of 4 right at the first try.'
asked 1 '1, 3' '1, 2' -- 'sum(w * x)' 'x=[1, 2]' 'w=[[3, 4]]' --constant x --ask
prints 'All 2 numbers, with commas between.'
prints 'Not yet, from number 2 on.'
prints '0 of 1 right at the first try.'
run 0 explain a=1 'a * a' --ask </dev/null
prints '0 of 0 right at the first try.'
run 2 explain a=1 'a * a' --ask=some
says "'some' is none of product, part, all"

# Names without a value: the same ones from the same seed, others from another, with gradients that are numbers.
run 0 explain 'b = a * z; c = log(b) * sqrt(q)' --seed 5
cp out first
gradient q "$(awk '$1 == "q" && NF == 3 && $2 != "=" { print $2 }' out)"
! grep -q nan out || fail "a gradient is nan"
run 0 explain 'b = a * z; c = log(b) * sqrt(q)' --seed 5
cmp -s out first || fail "the same seed gives other numbers"
run 0 explain 'b = a * z; c = log(b) * sqrt(q)' --seed 6
! cmp -s out first || fail "another seed gives the same numbers"

# wrong <where> <sentence> <argument>...
wrong() {
  local at=$1 sentence=$2
  shift 2
  run 1 explain "$@"
  says "$sentence"
  [ "$(grep -n '\^$' err | head -n 1 | sed 's/^[0-9]*://' | awk '{ print index($0, "^") - 3 }')" = "$at" ] ||
    fail "it does not point at $at"
}
wrong 4 "'z' has no value; give it one, as in z=3" 'x @ z' x=1
wrong 8 "here a ')' should end what tanh is called with" 'y=tanh(x' x=1
wrong 0 "there is no function 'foo'" 'foo(x)' x=1
wrong 0 'tanh takes 1 argument, and here are 2' 'tanh(x, x)' x=1
wrong 3 'the expression ends where a number' 'x +' x=1
wrong 2 "there is no '=='" 'x == 3' x=1
wrong 2 'an operation should be here' 'x 3' x=1
wrong 6 'matmul: ' 'x = a @ a' 'a=[[1,2,3]]'
wrong 10 'the rows of a list have one length' 'sum(x)' 'x=[[1,2],[3]]'
run 1 explain 'x * 2' 'x=[1, 2]'
says 'let the expression end with sum(...) or mean(...)'
run 1 explain x=3
says 'there are numbers and no expression'
run 1 explain 'a' a=1 --json no/folder/x.json
says 'no/folder/x.json cannot be written'
run 1 explain "$(printf '(%.0s' {1..5000})a" a=1
says 'nested too deeply'

# Lessons: every one as text, with the library's digits, and as a page that asks for nothing.
run 0 explain --lessons
[ "$(wc -l <out)" -ge 8 ] || fail "fewer than eight lessons"
lessons=$(awk '{ print $1 }' out)
for lesson in $lessons; do
  run 0 explain --lesson "$lesson" --seed 3
  prints 'Question 1.'
  says_nothing
  run 0 explain --lesson "$lesson" --html "$lesson.html"
  grep -q '<script src\|http://[^w]' "$lesson.html" && fail "$lesson.html asks for something outside"
  [ "$(grep -o '<iframe\|<svg role' "$lesson.html" | wc -l)" -ge 2 ] || fail "$lesson.html shows nothing"
done
run 0 explain --lesson tutorial
prints 'Epoch  100, Loss: 0.32458028197288513' # PyTorch's
run 0 explain --lesson accumulate
prints 'added to the 12.0000 that had come: 24.0000'
run 0 explain --lesson chain
prints '2.805e-05 * 0.1966 = 5.515e-06' # 8 times y (1 - y)
asked nothing 1000 1000 1000 -- --lesson accumulate --ask --seed 3
prints 'A number, please'
prints 'Step 2, c = b * b, sends b along each of two edges'
prints 'It is '
prints '0 of 1 right at the first try.'
run 1 explain --lesson nothing
says "there is no lesson 'nothing'; there are:"
run 1 explain --lesson order --html no/folder/x.html
says 'no/folder/x.html cannot be written'

# What the playground asks for, on the command line.
echo '{"do": "run", "experiment": {"kind": "expression", "program": "a * a", "values": ["a=3"]}}' >request
run 0 lab request
[ "$(json prints 0)" = 'a.grad = tensor(6., dtype=torch.float64)' ] || fail "not the gradient of a * a"
echo '{"do": "run"}' >request
run 1 lab request
prints 'has no experiment'
run 1 lab nowhere.json
says 'nowhere.json cannot be read'

finish
