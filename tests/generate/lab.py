#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What PyTorch prints for the Python program of each lesson's experiments: tests/data/lab.

The programs are the lab's own (reel lab, "do": "code"), and are kept beside what they printed: so a
test that compares both knows that this is what PyTorch ran. Of long trainings every 50th line is kept.
settings.json has experiments that no lesson has.

    tests/generate/lab.py PROGRAM OUT
"""
import contextlib
import io
import json
import runpy
import subprocess
import sys
from pathlib import Path

program, out = sys.argv[1], Path(sys.argv[2])
LONG = 400


def ask(**request):
    answer = subprocess.run([program, "lab"], input=json.dumps(request), capture_output=True, text=True, check=True)
    return json.loads(answer.stdout)


def run(name, experiment):
    code = ask(do="code", language="python", experiment=experiment)["code"]
    (out / f"{name}.py").write_text(code)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        runpy.run_path(str(out / f"{name}.py"))
    lines = printed.getvalue().splitlines(keepends=True)
    kept = lines if len(lines) <= LONG else lines[49::50]
    (out / f"{name}.txt").write_text("".join(kept))


for lesson in ask(do="lessons")["lessons"]:
    for i, screen in enumerate(lesson["screens"]):
        for k, experiment in enumerate(screen["experiments"]):
            run(f"{lesson['name']}-{i + 1}-{k + 1}", experiment)
for i, experiment in enumerate(json.loads((out / "settings.json").read_text())):
    run(f"settings-{i + 1}", experiment)
