#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Models as ONNX: where python3 has onnxruntime, what it says of rows is what `reel predict` says, to 1e-6; elsewhere
# protoc reads the file by ONNX's field numbers, and what is in it is compared with what the model has. Where the
# program was built without protobuf-c, it says so.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/program.sh"
python=${REEL_PYTHON_ONNX:-python3}
runs=no
"$python" -c 'import numpy, onnxruntime' 2>/dev/null && runs=yes

awk "$random"'BEGIN { print "size,rooms,near,garden,when,y"; seed(9)
  for (i = 0; i < 600; i++) {
    size = 20 + 200 * uniform(); rooms = 1 + int(uniform() * 7); kind = int(uniform() * 7)
    near = kind < 6 ? "place " kind : ""; garden = uniform() < 0.4 ? "yes" : "no"; month = 1 + int(uniform() * 12)
    printf "%s,%d,%s,%s,%s,%.6g\n", i % 40 ? sprintf("%.5g", size) : "", rooms, near, garden,
      i % 60 ? sprintf("%d-%02d-%02dT%02d:30", 1965 + int(uniform() * 90), month, 1 + int(uniform() * 28), int(uniform() * 24)) : "",
      size / 9 + rooms * kind + month + (garden == "yes") * 7 + uniform() } }' >table.csv
sed '2s/place [0-9]/elsewhere/; 3s/,yes,/,perhaps,/; 4s/,no,/,,/' table.csv >other.csv

if ! "$reel" fit table.csv --target y --quiet >out 2>&1; then fail 'it does not fit'; fi
if "$reel" export model.safetensors --onnx model.onnx 2>err; then :; else
  grep -q 'was built without protobuf-c' err || fail 'no reason'
  echo 'this program was built without protobuf-c, and says so'
  exit 0
fi

# exported <tolerance> <options>...
exported() {
  run 0 fit table.csv --target y --quiet "${@:2}"
  run 0 predict model.safetensors other.csv --quiet ${more:-} --out predicted.csv --force
  run 0 export model.safetensors --onnx model.onnx --force
  last="onnx of fit ${*:2}"
  if [ $runs = yes ]; then
    "$python" "$here/onnx_check.py" model.onnx other.csv predicted.csv "$1" >out 2>err || fail 'onnxruntime says something else'
  else
    protoc --decode_raw <model.onnx >decoded || fail 'it is no message'
    grep -q '"Gemm"' decoded || fail 'there is no layer in it'
    for name in ${inputs:-size rooms near garden when} y; do
      grep -q "1: \"$name\"" decoded || fail "there is no $name in it"
    done
  fi
}
dates='--dates trend,year,month,weekday,hour --max-categories 4'
# shellcheck disable=SC2086
{
exported 1e-12 --loss mse $dates
exported 1e-12 --loss mse --target-transform log1p
exported 1e-12 --target-transform sqrt --interval 0.8
exported 1e-12 --interval 0.8 --target-transform log
exported 1e-6 --hidden 6,4 --epochs 5 $dates --interval 0.9
exported 1e-12 --loss quantile --quantile 0.1,0.5,0.9
exported 1e-6 --loss quantile --interval 0.8 --hidden 5 --epochs 5
for activation in relu tanh sigmoid gelu silu leaky_relu elu selu celu softplus mish hardswish softsign relu6; do
  exported 1e-6 --hidden 5 --dropout 0.1 --activation $activation --epochs 3
done
exported 1e-6 --hidden 5 --dtype f64 --activation gelu --epochs 3
exported 1e-12 --hidden 5 --dtype f64 --activation selu --epochs 3
inputs='size rooms near when'
exported 1e-10 --loss mse --terms 'size*near + poly(rooms,3) + log(size):rooms + sqrt(rooms) + I(size^2) + when + log1p(size)' $dates
inputs='size rooms near garden when'
}
awk -F, -v OFS=, 'NR > 1 { $6 = $6 > 25 ? 1 : 0 } { print }' table.csv >t && mv t table.csv
exported 1e-12
awk -F, -v OFS=, 'NR > 1 { $6 = int(NR * 7 % 5) } { print }' table.csv >t && mv t table.csv
exported 1e-12 --loss poisson
awk -F, -v OFS=, 'NR > 1 { $6 = substr("abc", 1 + $6 % 3, 1) } { print }' table.csv >t && mv t table.csv
more=--probabilities
exported 1e-12
exported 1e-6 --hidden 6 --epochs 5

# What was there is replaced if it was exported.
run 0 export model.safetensors --onnx model.onnx
echo mine >notes
run 1 export model.safetensors --onnx notes
says 'has not written'
echo "onnxruntime is there: $runs"
finish
