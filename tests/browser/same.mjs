// SPDX-License-Identifier: MIT
// The lab compiled to WebAssembly answers byte for byte what the program answers: the tutorial from many
// seeds, every experiment of the lessons with its tape, every question, programs in C and in Python. Where
// exp and its like differ in the last digit (another libm, and no vector functions), numbers are compared.
//
//   node same.mjs PROGRAM LAB
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const [program, lab] = process.argv.slice(2);
const ReelLab = createRequire(import.meta.url)(resolve(lab));
const module = await ReelLab({ wasmBinary: readFileSync(resolve(lab.replace(/js$/, 'wasm'))) });
let failures = 0, same = 0, close = 0;
const native = request => execFileSync(program, ['lab'], { input: request, maxBuffer: 1 << 26 }).toString().replace(/\n$/, '');
function in_wasm(request) {
  const size = module.lengthBytesUTF8(request) + 1, at = module._malloc(size);
  module.stringToUTF8(request, at, size);
  const answer = module._lab_answer(at), text = module.UTF8ToString(answer);
  module._free(at);
  module._free(answer);
  return text;
}
// Words alike, and numbers to `within`, or of a value that is tiny beside the text's others.
function alike(a, b, within) {
  const parts = t => t.split(/(-?\d+(?:\.\d*)?(?:e[-+]\d+)?)/), x = parts(a), y = parts(b);
  return x.length === y.length && x.every((t, i) => t === y[i] || (i % 2 && Math.abs(t - y[i]) <= within * Math.max(1, Math.abs(t))));
}
function compare(name, request, within = 0) {
  const text = JSON.stringify(request), a = native(text), b = in_wasm(text);
  if (a === b) same++;
  else if (within && alike(a, b, within)) { close++; console.log(`  close: ${name}`); }
  else { failures++; let i = 0; while (a[i] === b[i]) i++; console.log(`  FAILED: ${name}: ${a.slice(Math.max(0, i - 40), i + 40)} | ${b.slice(Math.max(0, i - 40), i + 40)}`); }
}
// A net, whose tanh and sigmoid are another libm's: every loss is within a hundred-thousandth of the first.
function net(name, experiment) {
  const text = JSON.stringify({ do: 'run', experiment });
  const [a, b] = [native(text), in_wasm(text)].map(t => JSON.parse(t).loss), apart = Math.max(...a.map((x, i) => Math.abs(x - b[i]))) / a[0];
  if (apart === 0) same++; else close++;
  if (a.length !== (experiment.steps ?? 100) || a.length !== b.length || apart > 1e-5) { failures++; console.log(`  FAILED: a net: ${name}: ${apart}`); }
}
for (const seed of [0, 1, 2, 3, 42, 123, 1000]) compare(`tutorial ${seed}`, { do: 'run', experiment: { kind: 'training', seed }, tape: true, surface: true });
for (const lesson of JSON.parse(native('{"do": "lessons"}')).lessons) {
  lesson.screens.forEach((s, i) => s.experiments.forEach(experiment => {
    const transcendental = /tanh|sigmoid/.test(experiment.program ?? '');
    if (experiment.hidden) net(`${lesson.name} ${i + 1}`, experiment);
    else compare(`${lesson.name} ${i + 1}`, { do: 'run', experiment, tape: true, page: true }, transcendental ? 1e-6 : 0);
    for (const language of ['c', 'python']) compare(`${lesson.name} ${i + 1} in ${language}`, { do: 'code', language, experiment });
  }));
  lesson.questions.forEach((_, question) => {
    for (let seed = 0; seed < 5; seed++) compare(`${lesson.name}, question ${question}`, { do: 'ask', lesson: lesson.name, question, seed });
    compare(`${lesson.name}, answer ${question}`, { do: 'check', lesson: lesson.name, question, seed: 1, answer: '24' });
  });
}
for (const [hidden, activation] of [[[8], 'relu'], [[8], 'tanh'], [[4, 4], 'sigmoid']]) {
  for (const optimizer of ['sgd', 'adam', 'rmsprop']) net(`${activation}, ${optimizer}`, { kind: 'training', hidden, activation, optimizer, loss: 'mse', steps: 50 });
}
console.log(`${same} answers are the same bytes, ${close} differ in last digits, ${failures} failures`);
process.exit(failures ? 1 : 0);
