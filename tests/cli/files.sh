#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What is said of tables and models that are not what they should be: a sentence, exit status 1, and
# no file that was not there before.
. "$(dirname "${BASH_SOURCE[0]}")/program.sh"

printf 'a,b,kind,y\n1,2,red,10\n2,1,blue,20\n3,5,red,31\n4,3,blue,39\n5,5,red,52\n' >good.csv

# cannot_fit <sentence> <argument>...
cannot_fit() {
  run 1 fit "${@:2}" --quiet
  says "$1"
  [ ! -e model.safetensors ] || fail 'it leaves a model'
}
cannot_fit 'none.csv' none.csv --target y
cannot_fit "good.csv: there is no column 'z' to predict; there are a, b, kind, y" good.csv --target z
cannot_fit "kind" good.csv --target kind --loss l1
cannot_fit "'z'" good.csv --target y --features a,z
cannot_fit "'z'" good.csv --target y --drop z
printf 'a,y\n1,2\n2,x\n' >text.csv
cannot_fit "column 'y' is the target and has to hold numbers, but holds text" text.csv --target y
printf 'a,y\n1,\n2,\n' >missing.csv
cannot_fit "missing.csv: no row has a value in the column 'y'" missing.csv --target y
printf 'a,y\n1,3\n,2\n4,5\n' >hole.csv
cannot_fit "hole.csv:3: column 'a'" hole.csv --target y --missing error
cannot_fit 'would leave none to train on' good.csv --target y --test-fraction 0.99
cannot_fit '--validation-fraction' good.csv --target y --validation-fraction 0.99

# Rows to test on.
listed() {
  printf '%s\n' "$2" >rows
  cannot_fit "$1" good.csv --target y --test-rows rows
}
cannot_fit 'nowhere: No such file or directory' good.csv --target y --test-rows nowhere
listed "rows: number 2: expected a row's number, found 'x'" '0 x'
listed "rows: number 1: expected a row's number, found '-1'" '-1'
listed 'rows: number 1: there is no row 5: the table has 5, from 0 on' '5'
listed 'rows: number 3: row 1 is there twice' '1 2 1'
listed 'all rows are listed' '0 1 2 3 4'
listed 'no row with a target is listed' ''
printf 'a,b,kind\n1,2,red\n' >no-target.csv
cannot_fit "no-target.csv: there is no column 'y'" good.csv --target y --test no-target.csv

# Where the model and the pictures go is looked at first.
cannot_fit 'nowhere/m cannot be written: No such file' good.csv --target y --out nowhere/m
cp good.csv keep.csv
cannot_fit 'keep.csv: there is a file of that name, and it is no model' good.csv --target y --out keep.csv
cmp -s good.csv keep.csv || fail 'the file has changed'
cannot_fit '.svg' good.csv --target y --plot loss.txt
cannot_fit '.svg' good.csv --target y --plot-predictions loss.txt
cannot_fit 'the training diverged' good.csv --target y --loss mse --optimizer sgd --lr 1e30 --hidden 4
says 'Try a smaller --lr'
run 0 fit good.csv --target y --out keep.csv --force --quiet --epochs 1
run 0 fit good.csv --target y --out keep.csv --quiet --epochs 1
[ ! -e model.safetensors ] || fail 'it leaves a model'

# What is left out or filled in is said, unless --quiet.
run 0 fit hole.csv --target y --no-save --epochs 1
says "column 'a': 1 missing"
printf 'a,y\n1,3\n2,\n4,5\n' >short.csv
run 0 fit short.csv --target y --no-save --epochs 1
says "short.csv: 1 row without a value of 'y' is left out"
printf 'a,b,c,d,y\n1,7,1,4,3\n2,7,2,3,5\n4,7,4,2,5\n' >useless.csv
run 0 fit useless.csv --target y --no-save --epochs 1
says "'b'"
says "'c'"
run 0 fit useless.csv --target y --no-save --epochs 1 --quiet
says_nothing

# Models.
run 0 fit good.csv --target y --quiet --hidden 3 --epochs 2
cannot_use() {
  for command in evaluate predict; do
    run 1 "$command" "$2" good.csv
    says "$1"
    [ ! -s out ] || fail 'it prints something'
  done
  [ "${3-}" = listed ] || { run 1 inspect "$2"; says "$1"; }
}
# damaged <name> <sed script>: a model whose header was changed, at the same length.
damaged() {
  LC_ALL=C sed "$2" model.safetensors >"$1"
  ! cmp -s model.safetensors "$1" || fail "$1 is not damaged"
}
cannot_use 'none.safetensors' none.safetensors
cannot_use 'good.csv' good.csv
head -c 300 model.safetensors >half.safetensors
cannot_use 'half.safetensors' half.safetensors
damaged other.safetensors 's/reel\.model/other.name/'
cannot_use 'this is no model that `reel fit` kept' other.safetensors listed
run 0 inspect other.safetensors
prints '0.weight'
damaged newer.safetensors 's/version\\":1/version\\":2/'
cannot_use 'a newer version of reel made this model' newer.safetensors
damaged hidden.safetensors 's/hidden\\":\[3\]/hidden\\":[4]/'
cannot_use 'does not fit its tensors' hidden.safetensors
damaged negative.safetensors 's/hidden\\":\[3\]/hidden\\":-33/'
cannot_use "negative.safetensors: the model's description is damaged: byte 23: expected '['" negative.safetensors
damaged dropout.safetensors 's/dropout\\":0\.0/dropout\\":3.0/'
cannot_use "the model's description is damaged: byte 60: a share that is none" dropout.safetensors
damaged activation.safetensors 's/\\"relu\\"/\\"rely\\"/'
cannot_use "the model's description is damaged: byte 46: a name that is not known" activation.safetensors
damaged names.safetensors 's/0\.weight/7.weight/'
cannot_use 'does not fit its tensors' names.safetensors

# Tables that do not fit the model.
printf 'a,kind,y\n1,red,3\n' >narrow.csv
run 1 predict model.safetensors narrow.csv
says "'b'"
printf 'a,b,kind,y\n1,x,red,3\n' >other.csv
run 0 predict model.safetensors other.csv
says "other.csv:2: column 'b': 1 value, 'x', was no number"
says "column 'b': 1 missing value is taken for the median"
run 1 evaluate model.safetensors no-target.csv
says "there is no column 'y', which the model predicts"
printf 'kind,b,a\ngreen,2,1\nred,,1\n' >new.csv
run 0 predict model.safetensors new.csv
says 'kind'
says "'b': 1 missing"
[ "$(wc -l <out)" -eq 3 ] || fail 'not one prediction a row'
run 1 predict model.safetensors new.csv --out nowhere/p.csv
says 'nowhere/p.csv cannot be written: No such file'
run 1 predict model.safetensors none.csv
says 'none.csv'
if [ -w /dev/full ]; then
  "$reel" predict model.safetensors new.csv >/dev/full 2>err && fail 'a full disk goes unnoticed'
  says 'standard output: No space left'
  run 1 predict model.safetensors new.csv --out /dev/full
  says '/dev/full cannot be written: No space left on device'
  [ -c /dev/full ] || fail 'the device was replaced'
fi

# What is read is not replaced by what comes out.
cp new.csv kept.csv
run 1 predict model.safetensors new.csv --out ./new.csv
says './new.csv: it is read here, and would be replaced'
cmp -s new.csv kept.csv || fail 'the table was replaced'
run 1 predict model.safetensors new.csv --out model.safetensors
says 'model.safetensors: it is read here, and would be replaced'
run 1 fit good.csv --target y --force --out good.csv
says 'good.csv: it is read here, and would be replaced'

# The command that is proposed works in a shell, whatever the model is called.
mkdir "Jo's \$HOME"
for name in plain-1.safetensors 'my model' "Jo's \$HOME/\"m\" \`x\`;*" -m; do
  run 0 fit good.csv --target y --epochs 1 --out "$name"
  command=$(sed -n 's/.* has the model: reel \(predict .*\) TABLE$/\1/p' out)
  eval "\"\$reel\" $command good.csv" >predicted 2>err || fail "it cannot be pasted: $command"
  [ "$(wc -l <predicted)" -eq 6 ] || fail 'not one prediction a row'
done

# Links are written through, pipes and devices written into, and stay what they are.
run 0 predict model.safetensors new.csv --out - --quiet
cp out expected
ln -s target link
run 0 predict model.safetensors new.csv --out link
cmp -s expected target || fail 'the link was not followed'
[ -L link ] || fail 'the link was replaced'
mkfifo fifo
cat fifo >received &
run 0 predict model.safetensors new.csv --out fifo
wait
cmp -s expected received || fail 'something else came through the pipe'
[ -p fifo ] || fail 'the pipe was replaced'
run 0 predict model.safetensors new.csv --out /dev/stdout
cmp -s expected out || fail 'something else came to standard output'
run 0 predict model.safetensors new.csv --out /dev/null
[ -c /dev/null ] || fail 'the device was replaced'
ln -s kept-model model-link
run 0 fit good.csv --target y --quiet --epochs 1 --out model-link
[ -L model-link ] && [ -f kept-model ] || fail 'the link was replaced'
mkdir folder
cannot_fit_there() {
  run 1 fit good.csv --target y --epochs 1 --out "$1"
  says "$2"
  [ ! -s out ] || fail 'it trains first'
}
cannot_fit_there folder 'folder cannot be written: it is a folder'
cannot_fit_there nowhere/model 'nowhere/model cannot be written: No such file or directory'
cannot_fit_there "$(printf '%300s' x)" 'cannot be written: File name too long'

# Files that become too large are an error, and no end of the program: what was found out is shown.
cp model.safetensors old.safetensors
(ulimit -f 0 && exec "$reel" fit good.csv --target y --epochs 1 2>&1 </dev/null) | cat >out &&
  fail 'a model that is too large goes unnoticed'
last='reel fit, and no file may have a byte'
prints 'model.safetensors cannot be written: File too large'
prints 'mean absolute error'
! grep -q 'has the model' out || fail 'it says that the model was kept'
cmp -s old.safetensors model.safetensors || fail 'the old model is gone'

# A program that was killed leaves nothing that the next one does not remove.
printf 'half a model' >model.safetensors.reel-0.tmp
run 0 fit good.csv --target y --quiet --epochs 1
[ "$(find . -name '*.tmp')" = '' ] || fail 'what a dead program left is still there'
finish
