// SPDX-License-Identifier: MIT
// The playground. It draws, and it asks: every number, every answer and every program comes from
// lab_answer, the library's one function (src/lab/lab.h), compiled to WebAssembly.
'use strict';
const $ = id => document.getElementById(id);
const make = (tag, attributes = {}, ...children) => {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(attributes)) k in e ? e[k] = v : e.setAttribute(k, v);
  e.append(...children.filter(c => c !== null));
  return e;
};
const draw = (tag, attributes, text) => {
  const e = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const k in attributes) e.setAttribute(k, attributes[k]);
  if (text !== undefined) e.textContent = text;
  return e;
};

const LINE = [[1, 2], [2, 4], [3, 6], [4, 8], [5, 10]], LOSSES = ['l1', 'mse', 'huber', 'smooth_l1'];
const OPTIMIZERS = ['sgd', 'adam', 'rmsprop'], NETS = { 'a line': [], '4 hidden': [4], '8 hidden': [8], '16 hidden': [16], '8 and 8 hidden': [8, 8] };
const EXPRESSION = { kind: 'expression', program: 'b = a + a; c = b * b', values: ['a=3'], constants: '', times: 1 };
const TRAINING = { kind: 'training', points: LINE, hidden: [], activation: 'tanh', loss: 'l1', reduction: 'mean', target: 'column', init: 'default', optimizer: 'sgd', lr: 0.01, momentum: 0, clip: 0, penalty: 0, weight_decay: 0, gamma: 1, zero_grad: true, seed: 0, steps: 100 };
// What is seldom changed, and what it is about.
const SELDOM = {
  reduction: ['the loss is the', ['mean', 'sum'], 'of the points: the sum\u2019s gradients are as many times as large as there are points'],
  target: ['targets are a', ['column', 'flat'], 'list: flat ones, (n,), are each compared with every prediction, (n, 1)'],
  init: ['weights begin', ['default', 'zeros', 'halves'], 'as the seed draws them, all with 0, or all with 0.5'],
};
const FAR = [[1, 2], [2, 4], [3, 6], [4, 8], [5, 40]], WIDE = LINE.map(([x, y]) => [100 * x, y]), EVEN = [[-1.4142, 2], [-0.7071, 4], [0, 6], [0.7071, 8], [1.4142, 10]], NOISY = [[-2, -2.6], [-1.5, -0.4], [-1, -2.1], [-0.5, 0.5], [0, -0.9], [0.5, 1.6], [1, 0.7], [1.5, 2.9], [2, 1.7]], BENT = [-4, -3, -2, -1, 0, 1, 2, 3, 4].map(x => [x, Math.abs(x)]);
const PRESETS = {
  'the tutorial': [{}],
  'L1, rate 0.1: to and fro for ever': [{ lr: 0.1, steps: 200 }],
  'L1, rate 0.1, less by a fiftieth each step: it comes to rest': [{ lr: 0.1, gamma: 0.98, steps: 400 }],
  'L1, rate 1: back to where it began': [{ lr: 1, steps: 60, start: [0, 0] }],
  'MSE at the edge: 0.08 and 0.085': [{ loss: 'mse', lr: 0.08, steps: 150, start: [0, 0] }, { loss: 'mse', lr: 0.085, start: [0, 0] }],
  'MSE, rate 0.1: it runs away': [{ loss: 'mse', lr: 0.1, steps: 400, start: [0, 0] }],
  'an outlier: L1 and MSE': [{ points: FAR, steps: 2000 }, { loss: 'mse', lr: 0.05 }],
  'with and without zero_grad': [{ loss: 'mse', steps: 200, start: [0, 0] }, { loss: 'mse', zero_grad: false, start: [0, 0] }],
  'x a hundred times as large: 9e-6 and 9.2e-6': [{ points: WIDE, loss: 'mse', lr: 9e-6, steps: 200, start: [0, 0] }, { loss: 'mse', lr: 9.2e-6, start: [0, 0] }],
  'x with mean 0 and spread 1: 0.24': [{ points: EVEN, loss: 'mse', lr: 0.24, steps: 60, start: [0, 0] }],
  'the same small rate, without and with momentum': [{ loss: 'mse', lr: 0.002, steps: 60, start: [0, 0] }, { loss: 'mse', lr: 0.002, momentum: 0.9, start: [0, 0] }],
  'mean and sum, the same rate': [{ steps: 200, start: [0, 0] }, { reduction: 'sum', start: [0, 0] }],
  'targets as a column, and flat: no error, another line': [{ loss: 'mse', lr: 0.05, steps: 200, start: [0, 0] }, { loss: 'mse', lr: 0.05, target: 'flat', start: [0, 0] }],
  'MSE, rate 0.1, gradients cut to the norm 1': [{ loss: 'mse', lr: 0.1, clip: 1, steps: 100, start: [0, 0] }],
  'an L1 penalty: the slope gives way': [{ loss: 'mse', lr: 0.05, steps: 200, start: [0, 0] }, { loss: 'mse', lr: 0.05, penalty: 2, start: [0, 0] }],
  'weight decay: the slope gives way, too': [{ loss: 'mse', lr: 0.05, steps: 200, start: [0, 0] }, { loss: 'mse', lr: 0.05, weight_decay: 0.5, start: [0, 0] }],
  'points in noise: no line is right': [{ points: NOISY, steps: 400, start: [0, 0] }, { loss: 'mse', lr: 0.05, start: [0, 0] }],
  'points in noise: a large network learns the noise': [{ points: NOISY, hidden: [16], loss: 'mse', optimizer: 'adam', lr: 0.02, steps: 3000 }, { hidden: [16], loss: 'mse', optimizer: 'adam', lr: 0.02, weight_decay: 0.05 }],
  'a network of zeros, and one as drawn': [{ points: BENT, hidden: [8], loss: 'mse', optimizer: 'adam', lr: 0.02, init: 'zeros', steps: 300 }, { hidden: [8], loss: 'mse', optimizer: 'adam', lr: 0.02 }],
  'a network of halves: eight units, all alike': [{ points: BENT, hidden: [8], loss: 'mse', optimizer: 'adam', lr: 0.02, init: 'halves', steps: 300 }],
  'two layers of sigmoids, and of relus': [{ points: BENT, hidden: [8, 8], activation: 'sigmoid', loss: 'mse', lr: 0.05, steps: 400 }, { hidden: [8, 8], activation: 'relu', loss: 'mse', lr: 0.05 }],
  'a network bends: tanh and relu': [{ points: BENT, hidden: [16], loss: 'mse', optimizer: 'adam', lr: 0.02, steps: 400 }, { hidden: [16], activation: 'relu', loss: 'mse', optimizer: 'adam', lr: 0.02 }],
};
const copy = x => JSON.parse(JSON.stringify(x));
// All that a link holds.
const state = { mode: 'lesson', lesson: 'nudge', screen: 0, step: 0, ask: '', order: '', seed: Math.floor(Math.random() * 1e6), expression: copy(EXPRESSION), runs: [copy(TRAINING)] };
let lessons = [], lab = null, timer = 0;

// ---- the library
async function start() {
  const bytes = Uint8Array.from(atob($('wasm').textContent.trim()), c => c.charCodeAt(0)), module = await ReelLab({ wasmBinary: bytes });
  lab = request => {
    const text = JSON.stringify(request), size = module.lengthBytesUTF8(text) + 1, at = module._malloc(size);
    module.stringToUTF8(text, at, size);
    const answer = module._lab_answer(at), said = answer ? module.UTF8ToString(answer) : '{"error":{"text":"memory is out"}}';
    module._free(at);
    module._free(answer);
    return JSON.parse(said);
  };
  lessons = lab({ do: 'lessons' }).lessons;
  $('lessons').append(...lessons.map(l => make('option', { value: l.name }, `${l.title} (${l.minutes} min)`)));
  read_link();
  show();
}

// ---- links
function link() {
  const at = shows('expression') ? { step: state.step, ask: state.ask, ...(state.order && { order: state.order }) } : {};
  const parts = { lesson: { lesson: state.lesson, screen: state.screen, seed: state.seed, ...at }, expression: { expression: state.expression, ...at }, training: { runs: state.runs } }[state.mode];
  return '#' + encodeURIComponent(JSON.stringify(parts));
}
function read_link() {
  if (location.hash.length < 2) return;
  try {
    const from = JSON.parse(decodeURIComponent(location.hash.slice(1)));
    if (from.lesson && lessons.some(l => l.name === from.lesson)) Object.assign(state, { mode: 'lesson', lesson: from.lesson, screen: Number(from.screen) || 0, seed: Number.isInteger(from.seed) ? from.seed : state.seed });
    else if (from.expression) Object.assign(state, { mode: 'expression', expression: { ...EXPRESSION, ...from.expression, kind: 'expression' } });
    else if (Array.isArray(from.runs)) Object.assign(state, { mode: 'training', runs: from.runs.slice(0, 2).map(r => ({ ...copy(TRAINING), ...r, kind: 'training' })) });
    else throw new Error('it holds no experiment');
    state.linked = 'step' in from ? { step: Number(from.step) || 0, ask: String(from.ask ?? ''), order: String(from.order ?? '') } : null;
  } catch (why) {
    say(`The link could not be read (${why.message}); this is where one begins.`);
  }
}
const say = text => { $('said').textContent = text; };
// When what changes has come to rest: a browser refuses an address that changes with every frame.
// Not where Back has led meanwhile: that entry has its own.
function keep_link() {
  const at = location.hash;
  clearTimeout(state.later);
  state.later = setTimeout(() => { if (location.hash === at) history.replaceState(null, '', link()); }, 120);
}

// Another view is another entry of the browser's history: its Back leads to the one before.
function visit(change) {
  clearTimeout(state.later);
  history.replaceState(null, '', link());
  Object.assign(state, change);
  show();
  clearTimeout(state.later); // it would write this view into that entry, were Back there before it
  history.pushState(null, '', link());
}

// ---- what is shown
const lesson = () => lessons.find(l => l.name === state.lesson);
const asking = () => state.mode === 'lesson' && state.screen >= lesson().screens.length;
const shows = kind => state.mode === kind || state.mode === 'lesson' && state.showing === kind;
function show() {
  pause();
  if (state.mode === 'lesson') load_screen();
  else Object.assign(state, { step: 0, ask: '', order: '' }, state.linked);
  state.linked = null;
  for (const mode of ['lesson', 'expression', 'training']) $('to-' + mode).setAttribute('aria-current', state.mode === mode);
  $('lesson').hidden = state.mode !== 'lesson';
  $('expression').hidden = !shows('expression');
  $('inputs').open = state.mode === 'expression';
  $('training').hidden = !shows('training');
  $('code').hidden = !shows('expression') && !shows('training');
  if (shows('expression')) fill_expression();
  if (shows('training')) fill_training();
  keep_link();
}
function load_screen() {
  const l = lesson();
  state.screen = Math.min(Math.max(state.screen, 0), l.screens.length);
  $('lessons').value = l.name;
  $('previous').disabled = state.screen === 0;
  const after = lessons[lessons.indexOf(l) + 1];
  $('following').hidden = asking() && !after;
  $('following').textContent = asking() ? after && `Next lesson: ${after.title} →` : state.screen === l.screens.length - 1 ? 'Questions →' : 'Next →';
  $('questions').hidden = !asking();
  state.showing = null;
  if (asking()) {
    $('progress').textContent = `${l.title}: questions`;
    $('words').textContent = 'The numbers are new each time. A calculation is an answer, too: -2 * 3, or 1/3.';
    $('questions').replaceChildren(...l.questions.map((q, i) => question(i, state.seed)));
    return;
  }
  const screen = l.screens[state.screen];
  $('progress').textContent = `${l.title}: ${state.screen + 1} of ${l.screens.length}`;
  $('words').textContent = screen.text;
  load(screen.experiments);
  Object.assign(state, { ask: screen.ask ?? '' }, state.linked);
}
function load(experiments) {
  Object.assign(state, { step: 0, ask: '', order: '' });
  state.showing = experiments[0].kind;
  if (experiments[0].kind === 'expression') state.expression = { ...copy(EXPRESSION), ...copy(experiments[0]) };
  else state.runs = experiments.map(e => ({ ...copy(TRAINING), ...copy(e) }));
}

// ---- questions: asked and looked at by the library
const streak = {}; // right at the first try, in a row
function question(number, seed) {
  const asked = lab({ do: 'ask', lesson: state.lesson, question: number, seed }), reply = make('p', { role: 'status' });
  const box = make('div', { className: 'card question' }), name = `answer-${number}`;
  let tries = 0; // the first wrong one is told what went wrong, the second sees the steps, the third the answer
  const steps = () => { load([asked.experiment]); state.showing = 'expression'; $('expression').hidden = $('code').hidden = false; $('inputs').open = false; fill_expression(); };
  const check = answer => {
    const said = lab({ do: 'check', lesson: state.lesson, question: number, seed, answer });
    if (said.mistake !== undefined && !said.right && !said.says.startsWith('A number')) tries++;
    const more = said.right || tries < 2 ? '' : tries === 2 ? ' The steps are below.' : ' ' + lab({ do: 'solve', lesson: state.lesson, question: number, seed }).says + ' Try it with other numbers.';
    if (!said.right && tries === 2) steps();
    if (said.right && tries === 0) streak[state.lesson + number] = (streak[state.lesson + number] ?? 0) + 1;
    else if (!said.right) streak[state.lesson + number] = 0;
    reply.className = said.right ? 'right' : 'wrong';
    reply.textContent = (said.says ?? said.error.text) + more + (streak[state.lesson + number] >= 2 ? ' Twice in a row: you have it.' : '');
  };
  const input = make('input', { type: 'text', id: name, autocomplete: 'off', size: 12 });
  const answers = asked.choices.length
    ? make('fieldset', {}, make('legend', {}, asked.text), ...asked.choices.map((c, i) => make('label', {}, make('input', { type: 'radio', name, value: i + 1 }), ' ' + c)))
    : make('div', {}, make('label', { htmlFor: name }, asked.text), input);
  const chosen = () => asked.choices.length ? box.querySelector('input:checked')?.value ?? '' : input.value;
  const form = make('form', { onsubmit: e => { e.preventDefault(); check(chosen()); } }, answers,
    make('div', { className: 'row' }, make('button', { className: 'main' }, 'Check'),
      make('button', { type: 'button', onclick: () => { const next = question(number, seed + 1); box.replaceWith(next); next.querySelector('input').focus(); } }, 'Other numbers'),
      make('button', { type: 'button', onclick: () => { steps(); $('expression').scrollIntoView({ block: 'start' }); } }, 'Show the steps')), reply);
  box.append(make('p', { className: 'faint' }, `Question ${number + 1}`), form);
  return box;
}

// ---- an expression
const experiment_of_form = () => ({ ...state.expression, program: $('program').value, values: $('values').value.split('\n').map(v => v.replace(/\s/g, '')).filter(v => v), constants: $('constants').value.replace(/\s/g, '') });
function fill_expression() {
  $('program').value = state.expression.program.replace(/; */g, '\n');
  $('values').value = state.expression.values.join('\n');
  $('constants').value = state.expression.constants ?? '';
  run_expression();
}
function run_expression() {
  const answer = lab({ do: 'run', experiment: state.expression, page: true });
  $('result').hidden = Boolean(answer.error);
  $('mistake').replaceChildren(...(answer.error ? mistake(answer.error) : []));
  if (!answer.error) {
    $('proven').hidden = state.mode !== 'expression'; // in a lesson the steps come first, and end with it
    frame($('steps'), answer.page, at_step);
    $('proof').replaceChildren(...answer.gradients.map(g => row([g.name + (g.element < 0 ? '' : `, element ${g.element}`), g.gradient, g.nudged])));
    $('nudged').hidden = !answer.nudges.length;
    $('nudges').replaceChildren(...answer.nudges.map(n => row([n.h, n.one, n.both, n.apart])));
    $('prints').hidden = !(state.expression.times > 1);
    $('prints').textContent = answer.prints.map((p, i) => `after backward ${Math.floor(i * state.expression.times / answer.prints.length) + 1}: ${p}`).join('\n');
  }
  show_code();
}
function mistake(error) { // the sentence, and a mark below the place
  const piece = error.piece === undefined ? null : error.piece < state.expression.values.length ? state.expression.values[error.piece] : state.expression.program;
  if (piece === null) return [error.text];
  const bytes = new TextEncoder().encode(piece).slice(0, error.at), before = new TextDecoder().decode(bytes), start = before.lastIndexOf('\n') + 1;
  return [error.text, make('pre', {}, `${piece.slice(start).split('\n')[0]}\n${' '.repeat(before.length - start)}^`)];
}
const row = cells => make('tr', {}, ...cells.map(c => make('td', {}, c)));
function at_step(inside) { // where the reader is belongs to the link
  inside.reel_steps.seen = (step, ask, order) => { Object.assign(state, { step, ask, order }); keep_link(); };
  inside.reel_steps.go(state.step, state.ask, state.order);
}
// A frame of its own each time: another page in the same one would be an entry for Back.
function frame(old, page, then) {
  const f = old.cloneNode();
  f.onload = () => { if (then && f.contentWindow.reel_steps) then(f.contentWindow); const inside = f.contentDocument?.querySelector('main'); if (inside) f.style.height = Math.max(440, Math.min(inside.offsetHeight + 24, 0.85 * innerHeight)) + 'px'; };
  f.srcdoc = page;
  old.replaceWith(f);
}

// ---- a training: what is shown is the experiment of so many steps
let answers = [];
function fill_training() {
  $('runs').replaceChildren(...state.runs.map(settings), ...(state.runs.length < 2 ? [make('div', {}, make('button', { type: 'button', id: 'compare', onclick: () => { const other = copy(state.runs[0]); other.loss = other.loss === 'mse' ? 'l1' : 'mse'; if (other.loss === 'mse') other.lr = Math.min(other.lr, 0.05); state.runs.push(other); fill_training(); } }, 'Compare with a second run'))] : []));
  train();
}
function train() {
  answers = state.runs.map((experiment, i) => lab({ do: 'run', experiment, surface: true, page: i === 0 && $('tape').open }));
  const steps = state.runs[0].steps;
  $('count').value = $('slider').value = steps;
  $('seed').value = state.runs[0].seed;
  $('summary').textContent = answers.map((a, i) => summary(a, i)).join(' ');
  draw_points();
  draw_losses();
  draw_surfaces();
  fill_numbers();
  $('tensors').replaceChildren(...answers.flatMap((a, i) => (a.parameters ?? []).map(p => row(['AB'[i], p.name, p.value, p.grad]))));
  $('digits').textContent = (answers[0].digits ?? []).map((d, i) => `Epoch ${i + 1}, Loss: ${d}`).join('\n');
  $('parameters').open ||= state.runs.some(r => r.init !== 'default'); // where units that are alike are seen
  if (answers[0].page) frame($('next-step'), answers[0].page);
  show_code();
  keep_link();
}
const last = list => list[list.length - 1];
const short = x => String(Number(Number(x).toPrecision(5)));
function summary(a, i) {
  const r = state.runs[i], also = (r.momentum ? `, momentum ${r.momentum}` : '') + (r.zero_grad ? '' : ', without zero_grad') + (r.reduction === 'sum' ? ', sum' : '')
    + (r.target === 'flat' ? ', flat targets' : '') + (r.init === 'default' ? '' : `, ${r.init}`) + (r.clip ? `, clipped at ${r.clip}` : '') + (r.penalty ? `, penalty ${r.penalty}` : '') + (r.weight_decay ? `, weight decay ${r.weight_decay}` : '') + (r.gamma !== 1 ? `, rate times ${r.gamma} each step` : '');
  const name = state.runs.length > 1 ? `${'AB'[i]}, ${r.loss}${also}: ` : '';
  if (a.error) return name + a.error.text + '.';
  const line = a.weight ? ` w = ${short(last(a.weight))}, b = ${short(last(a.bias))}.` : '';
  return `${name}${name ? 'after' : 'After'} ${a.steps} step${a.steps === 1 ? '' : 's'} the loss is ${a.now ?? 'not finite'}.${line}${a.stopped ? ` Stopped: ${a.stopped}.` : ''}${a.warned ? ` The library warns: ${a.warned}.` : ''}`;
}
function settings(run, i) {
  const change = (key, value) => { if (key === 'init' || key === 'hidden') delete run.start; run[key] = value; train(); };
  const select = (label, key, names) => make('label', {}, label + ' ', make('select', { onchange: e => change(key, e.target.value) }, ...names.map(n => make('option', { selected: run[key] === n }, n))));
  const number = (label, key, step) => make('label', {}, label + ' ', make('input', { type: 'number', step, min: 0, value: run[key], onchange: e => change(key, Number(e.target.value)) }));
  const penalty = make('div', { className: 'row', hidden: run.hidden.length > 0 }, number('penalty on |w|', 'penalty', 'any'), make('span', { className: 'faint' }, 'this times |w| is added to the loss')); // of a line alone
  const become = name => { run.penalty = penalty.querySelector('input').value = 0; change('hidden', NETS[name]); penalty.hidden = run.hidden.length > 0; };
  const net = Object.keys(NETS).find(n => JSON.stringify(NETS[n]) === JSON.stringify(run.hidden)) ?? 'a line';
  return make('fieldset', { className: 'card' }, make('legend', {}, `Run ${'AB'[i]} `, make('span', { className: 'swatch ' + 'ab'[i] })),
    make('div', { className: 'row' }, select('loss', 'loss', LOSSES), select('optimizer', 'optimizer', OPTIMIZERS)),
    make('div', { className: 'row' }, number('learning rate', 'lr', 'any'), number('momentum', 'momentum', 'any')),
    make('div', { className: 'row' }, make('label', {}, 'model ', make('select', { onchange: e => become(e.target.value) }, ...Object.keys(NETS).map(n => make('option', { selected: n === net }, n)))), select('activation', 'activation', ['tanh', 'relu', 'sigmoid'])),
    make('details', { open: Object.keys(SELDOM).some(k => run[k] !== TRAINING[k]) || run.clip > 0 || run.penalty > 0 || run.weight_decay > 0 || run.gamma !== 1 }, make('summary', {}, 'More'),
      ...Object.entries(SELDOM).map(([key, [label, names, about]]) => make('div', { className: 'row', title: about }, select(label, key, names), make('span', { className: 'faint' }, about))),
      make('div', { className: 'row' }, number('cut gradients to the norm', 'clip', 'any'), make('span', { className: 'faint' }, '0: as they are')),
      make('div', { className: 'row' }, number('weight decay', 'weight_decay', 'any'), make('span', { className: 'faint' }, 'this times each parameter is added to its gradient')),
      make('div', { className: 'row' }, number('the rate shrinks by', 'gamma', 'any'), make('span', { className: 'faint' }, 'after each step it is multiplied by this; 1: it stays')),
      penalty),
    make('div', { className: 'row' }, make('label', {}, make('input', { type: 'checkbox', checked: run.zero_grad, onchange: e => change('zero_grad', e.target.checked) }), ' zero_grad'),
      i ? make('button', { type: 'button', onclick: () => { state.runs.pop(); fill_training(); } }, 'Remove') : null));
}
const to_all = (key, value) => { state.runs.forEach(r => { r[key] = copy(value); }); };
function steps_to(n) { to_all('steps', Math.min(Math.max(Math.round(n) || 0, 0), 5000)); train(); }
function pause() { cancelAnimationFrame(timer); timer = 0; $('run').textContent = 'Run'; $('summary').setAttribute('aria-live', 'polite'); }
function run() {
  if (timer) return pause();
  $('run').textContent = 'Pause';
  $('summary').setAttribute('aria-live', 'off'); // nobody can listen that fast
  const go = () => {
    const before = state.runs[0].steps;
    steps_to(before + Math.max(1, Math.floor(before / 60)));
    const still = answers.every(a => a.digits?.length > 50 && new Set(a.digits.slice(-50)).size === 1);
    if (still) say('The loss has been the same for 50 steps: it has come to rest.');
    if (still || answers.some(a => a.stopped || a.error) || state.runs[0].steps >= 5000) pause();
    else timer = requestAnimationFrame(go);
  };
  timer = requestAnimationFrame(go);
}

// ---- pictures
const W = 460, H = 320, LEFT = 44, RIGHT = 12, TOP = 14, BOTTOM = 28;
let view = null;
function bounds(low, high) { const d = (high - low || 1) * 0.08; return [low - d, high + d]; }
function ticks(low, high) { // about five round numbers
  const rough = (high - low) / 4, size = 10 ** Math.floor(Math.log10(rough)), step = size * [1, 2, 5, 10].find(s => s * size >= rough * 0.8), all = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) all.push(i * step);
  return all;
}
function axes(svg, [x0, x1], [y0, y1], log) {
  const x = v => LEFT + (W - LEFT - RIGHT) * (v - x0) / (x1 - x0), y = v => TOP + (H - TOP - BOTTOM) * (y1 - v) / (y1 - y0);
  for (const v of log ? ticks(y0, y1).map(t => Math.log10(Number((10 ** t).toPrecision(1)))).filter(t => t >= y0 && t <= y1) : ticks(y0, y1)) {
    svg.append(draw('line', { class: 'axis', x1: LEFT, x2: W - RIGHT, y1: y(v), y2: y(v) }), draw('text', { x: LEFT - 6, y: y(v) + 4, 'text-anchor': 'end' }, v < -3 && log ? (10 ** v).toExponential(0) : short(log ? 10 ** v : v)));
  }
  for (const u of ticks(x0, x1)) svg.append(draw('text', { x: Math.min(x(u), W - 18), y: H - 8, 'text-anchor': 'middle' }, short(u)));
  return { x, y, x0, x1, y0, y1 };
}
const path = (xs, ys, at) => xs.map((x, i) => (i ? 'L' : 'M') + at.x(x).toFixed(1) + ',' + Math.min(Math.max(at.y(ys[i]), -H), 2 * H).toFixed(1)).join('');
function draw_points(keep = false) {
  const points = state.runs[0].points, svg = $('data'), focus = document.activeElement?.dataset?.point;
  const xs = points.map(p => p[0]), ys = points.map(p => p[1]);
  const bx = bounds(Math.min(...xs), Math.max(...xs)), by = bounds(Math.min(0, ...ys), Math.max(1, ...ys));
  svg.replaceChildren();
  view = keep && view ? axes(svg, [view.x0, view.x1], [view.y0, view.y1]) : axes(svg, bx, by);
  answers.forEach((a, i) => a.curve && svg.append(draw('path', { class: 'ab'[i], d: path(a.curve.x, a.curve.y, view) })));
  points.forEach((p, i) => {
    const g = draw('g', { tabindex: 0, role: 'slider', 'data-point': i, 'aria-label': `Point ${i + 1}`, 'aria-valuenow': p[1], 'aria-valuemin': -1000, 'aria-valuemax': 1000, 'aria-orientation': 'vertical', 'aria-valuetext': `x ${short(p[0])}, y ${short(p[1])}` });
    g.append(draw('circle', { cx: view.x(p[0]), cy: view.y(p[1]), r: 8 }));
    svg.append(g);
    if (String(i) === focus) g.focus();
  });
}
function move_point(i, x, y) {
  const points = copy(state.runs[0].points), clip = v => Math.min(Math.max(Number(v.toFixed(2)), -1000), 1000);
  points[i] = [clip(x), clip(y)];
  to_all('points', points);
}
function drag() {
  const svg = $('data');
  let held = null, waiting = false;
  svg.addEventListener('pointerdown', e => { const g = e.target.closest('g'); if (!g) return; held = Number(g.dataset.point); svg.setPointerCapture(e.pointerId); g.focus(); e.preventDefault(); });
  svg.addEventListener('pointermove', e => {
    if (held === null) return;
    const box = svg.getBoundingClientRect(), u = (e.clientX - box.left) * W / box.width, v = (e.clientY - box.top) * H / box.height;
    move_point(held, view.x0 + (view.x1 - view.x0) * (u - LEFT) / (W - LEFT - RIGHT), view.y1 - (view.y1 - view.y0) * (v - TOP) / (H - TOP - BOTTOM));
    if (!waiting) { waiting = true; requestAnimationFrame(() => { waiting = false; const fixed = view; train(); view = fixed; draw_points(held !== null); }); }
  });
  svg.addEventListener('pointerup', () => { if (held !== null) { held = null; train(); } });
  svg.addEventListener('keydown', e => {
    const by = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowRight: [1, 0], ArrowLeft: [-1, 0] }[e.key], g = e.target.closest('g');
    if (!by || !g) return;
    e.preventDefault();
    const i = Number(g.dataset.point), p = state.runs[0].points[i], size = e.shiftKey ? 1 : 0.1;
    move_point(i, p[0] + size * by[0], p[1] + size * by[1]);
    train();
  });
}
function draw_losses() {
  const svg = $('curve'), all = answers.flatMap(a => a.loss ?? []).filter(x => x > 0), most = Math.max(1, ...answers.map(a => (a.loss ?? []).length));
  svg.replaceChildren();
  if (all.length < 2) { svg.append(draw('text', { x: W / 2, y: H / 2, 'text-anchor': 'middle' }, 'Run some steps.')); return; }
  const lo = Math.min(...all), hi = Math.max(...all), log = hi / lo > 30, f = log ? x => Math.log10(Math.max(x, lo)) : x => x;
  const at = axes(svg, [0, most], bounds(log ? f(lo) : 0, f(hi)), log);
  answers.forEach((a, i) => a.loss && svg.append(draw('path', { class: 'ab'[i], d: path(a.loss.map((_, k) => k), a.loss.map(f), at) })));
  svg.setAttribute('aria-label', answers.map((a, i) => a.loss?.length ? `Run ${'AB'[i]}: the loss goes from ${short(a.loss[0])} to ${short(last(a.loss))}` : '').join('. '));
}
// Of each line the loss over its two numbers, in bands, with the way of the training on it.
function draw_surfaces() {
  $('surfaces').replaceChildren(...answers.flatMap((a, i) => a.surface ? [make('figure', {}, make('figcaption', {}, `The ${state.runs[i].loss} loss${state.runs.length > 1 ? ' of ' + 'AB'[i] : ''} over w (across) and b (up), more grey where it is higher. Ring: the start; dot: now; cross: the lowest place shown`), surface(a, i))] : []));
}
function surface(a, i) {
  const s = a.surface, side = s.weight.length, svg = draw('svg', { viewBox: `0 0 ${W} ${H}`, role: 'img', class: 'surface' }), area = `clip-${i}`;
  const at = axes(svg, [s.weight[0], last(s.weight)], [s.bias[0], last(s.bias)]), high = s.loss.reduce((p, q) => Math.max(p, q), 0), clip = draw('clipPath', { id: area }), inside = draw('g', { 'clip-path': `url(#${area})` });
  const band = loss => Math.floor(13 * Math.sqrt((loss - s.lowest.loss) / (high - s.lowest.loss || 1))) || 0, dx = (at.x(s.weight[1]) - at.x(s.weight[0])), dy = at.y(s.bias[0]) - at.y(s.bias[1]);
  clip.append(draw('rect', { x: LEFT, y: TOP, width: W - LEFT - RIGHT, height: H - TOP - BOTTOM }));
  for (let row = 0; row < side; row++) for (let from = 0, to = 0; from < side; from = to) { // as far as a band goes
    const k = band(s.loss[row * side + from]);
    while (to < side && band(s.loss[row * side + to]) === k) to++;
    if (k) inside.append(draw('rect', { x: at.x(s.weight[from]) - dx / 2, y: at.y(s.bias[row]) - dy / 2, width: dx * (to - from), height: dy, 'fill-opacity': 0.028 * k }));
  }
  const near = v => Math.min(Math.max(v, -W), 2 * W).toFixed(1), way = a.weight.map((w, k) => [w, a.bias[k]]).filter(p => p[0] !== null && p[1] !== null).map(p => [near(at.x(p[0])), near(at.y(p[1]))]);
  const [cx, cy] = [at.x(s.lowest.weight), at.y(s.lowest.bias)];
  inside.append(draw('path', { class: 'cross', d: `M${cx - 6},${cy - 6}l12,12m0,-12l-12,12` }), ...(way.length ? [draw('path', { class: 'way ' + 'ab'[i], d: 'M' + way.join('L') }),
    draw('circle', { class: 'ring', cx: way[0][0], cy: way[0][1], r: 6 }), draw('circle', { class: 'now', cx: last(way)[0], cy: last(way)[1], r: 5 })] : []));
  svg.append(clip, inside);
  svg.setAttribute('aria-label', `Run ${'AB'[i]}: from w ${short(a.weight[0])}, b ${short(a.bias[0])} to w ${short(last(a.weight))}, b ${short(last(a.bias))}. The lowest loss shown is ${short(s.lowest.loss)}, at w ${short(s.lowest.weight)}, b ${short(s.lowest.bias)}`);
  return svg;
}
function fill_numbers() {
  if (!$('table').open) return;
  $('numbers').replaceChildren(...state.runs[0].points.map((p, i) => make('div', { className: 'row' }, `${i + 1}`, ...[0, 1].map(k => make('label', {}, 'xy'[k] + ' ', make('input', { type: 'number', step: 'any', value: p[k], onchange: e => { const q = [...p]; q[k] = Number(e.target.value); move_point(i, q[0], q[1]); train(); } }))))));
}

// ---- the same as a program
function show_code() {
  if (!$('code').open) return;
  const answer = lab({ do: 'code', language: $('which').value, experiment: shows('expression') ? state.expression : state.runs[0] });
  $('text').textContent = answer.code ?? answer.error.text;
}
async function put_on_clipboard(text, what) {
  try { await navigator.clipboard.writeText(text); say(what + ' is on the clipboard.'); } catch { say('This browser does not let a page copy; select it by hand.'); }
}

// ---- what people do
for (const mode of ['lesson', 'expression', 'training']) $('to-' + mode).onclick = () => visit({ mode });
$('lessons').onchange = e => visit({ lesson: e.target.value, screen: 0 });
$('previous').onclick = () => visit({ screen: state.screen - 1 });
$('following').onclick = () => visit(asking() ? { lesson: lessons[lessons.indexOf(lesson()) + 1].name, screen: 0 } : { screen: state.screen + 1 });
for (const id of ['program', 'values', 'constants']) $(id).oninput = () => { clearTimeout(state.wait); state.wait = setTimeout(() => { state.expression = experiment_of_form(); state.step = 0; run_expression(); keep_link(); }, 150); };
$('reset').onclick = () => { pause(); steps_to(0); };
$('less').onclick = () => steps_to(state.runs[0].steps - 1);
$('one').onclick = () => steps_to(state.runs[0].steps + 1);
$('ten').onclick = () => steps_to(state.runs[0].steps + 10);
$('run').onclick = run;
$('count').onchange = e => steps_to(Number(e.target.value));
$('slider').oninput = e => steps_to(Number(e.target.value));
$('seed').onchange = e => { state.runs.forEach(r => delete r.start); to_all('seed', Math.max(0, Math.round(Number(e.target.value)) || 0)); train(); };
$('far').onclick = () => { const n = state.runs[0].points.length - 1, p = state.runs[0].points[n]; move_point(n, p[0], 40); train(); };
$('preset').append(make('option', { value: '' }, 'choose …'), ...Object.keys(PRESETS).map(p => make('option', {}, p)));
$('preset').onchange = e => { const runs = PRESETS[e.target.value]; if (!runs) return; pause(); state.runs = runs.map(r => ({ ...copy(TRAINING), points: copy(runs[0].points ?? LINE), steps: runs[0].steps ?? 100, ...copy(r) })); fill_training(); };
$('back').onclick = () => { to_all('points', LINE); train(); };
$('table').ontoggle = fill_numbers;
$('tape').ontoggle = () => $('tape').open && train();
$('code').ontoggle = $('which').onchange = show_code;
$('copy').onclick = () => put_on_clipboard($('text').textContent, 'The program');
$('link').onclick = () => put_on_clipboard(location.href.split('#')[0] + link(), 'The link');
addEventListener('popstate', () => { read_link(); show(); }); // at once, where hashchange comes after what waits
drag();
start();
