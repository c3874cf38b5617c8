# SPDX-License-Identifier: MIT
# What onnxruntime says of a table's rows by an exported model, beside what reel predict wrote of them.
#
#   onnx_check.py MODEL.onnx TABLE.csv PREDICTED.csv TOLERANCE     relative to the predictions' spread; dates are ISO
import csv
import datetime
import sys

import numpy as np
import onnxruntime

path, table, predicted, tolerance = sys.argv[1:]
session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
rows = list(csv.DictReader(open(table, newline="")))
wanted = list(csv.DictReader(open(predicted, newline="")))
assert len(rows) == len(wanted) > 0


def number(text):
    if not text:
        return np.nan
    try:
        return float(text)
    except ValueError:
        moment = datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc)
        return moment.timestamp()


feeds = {}
for i in session.get_inputs():
    column = [row[i.name] for row in rows]
    if "string" in i.type:
        feeds[i.name] = np.array(column, dtype=object).reshape(-1, 1)
    else:
        feeds[i.name] = np.array([number(x) for x in column]).reshape(-1, 1)
got = dict(zip([o.name for o in session.get_outputs()], session.run(None, feeds)))

# The CSV's columns: the target, then its interval's ends, or each class's probability, or each quantile.
names = list(wanted[0])
columns = {names[0]: got[names[0]][:, 0]}
for several in ("probabilities", "quantiles"):
    if several in got and len(names) > 1 and names[1] not in got:
        columns.update({name: got[several][:, k] for k, name in enumerate(names[1:])})
columns.update({name: got[name][:, 0] for name in names[1:] if name in got})
assert set(columns) == set(names), (names, list(got))
worst = 0
for name in names:
    values = [row[name] for row in wanted]
    if columns[name].dtype == object:
        assert list(columns[name]) == values, name
        continue
    values = np.array(values, dtype=float)
    assert np.isfinite(columns[name]).all(), name
    worst = max(worst, np.abs(columns[name] - values).max() / (np.abs(values).max() + values.std()))
print(f"{len(rows)} rows, {len(session.get_inputs())} inputs: {worst:.2g} apart")
sys.exit(1 if worst > float(tolerance) else 0)
