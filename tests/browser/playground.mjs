// SPDX-License-Identifier: MIT
// The playground as its readers meet it, from the file system: every lesson from first to last and back,
// its numbers those of the program reel, an outlier dragged, an expression typed right and wrong, questions
// answered right and wrong, by keyboard alone, narrow, dark, without a request to anywhere.
//
//   node playground.mjs PROGRAM CHROMIUM PAGE [TEST...]
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { walk } from './steps.mjs';

const [program, executablePath, file, ...only] = process.argv.slice(2);
let failures = 0;
const check = (right, what) => { if (!right) { failures++; console.log('  FAILED: ' + what); } };
const url = pathToFileURL(resolve(file)).href;
const axe = readFileSync(resolve('node_modules/axe-core/axe.min.js'), 'utf8');
const native = request => JSON.parse(execFileSync(program, ['lab'], { input: JSON.stringify(request), maxBuffer: 1 << 26 }));
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const lessons = native({ do: 'lessons' }).lessons;

async function open(hash = '', options = {}) {
  const page = await browser.newPage({ viewport: { width: 1180, height: 1000 }, ...options });
  page.on('console', m => check(false, `the console says ${m.text()}`));
  page.on('pageerror', e => check(false, e.message));
  page.on('request', r => check(r.url().startsWith(url) || r.url().startsWith('data:') || r.url() === 'about:srcdoc', `asks for ${r.url().slice(0, 80)}`));
  await page.goto(url + (hash && '#' + encodeURIComponent(JSON.stringify(hash))));
  await page.waitForFunction(() => document.querySelector('#lessons option'));
  return page;
}
async function accessible(page, name) {
  for (const frame of page.frames()) {
    if (frame !== page.mainFrame() && !(await (await frame.frameElement()).isVisible())) continue;
    const found = await frame.evaluate(axe + '; axe.run({iframes: false})');
    for (const v of found.violations) check(false, `${name}: ${v.id}: ${v.help}: ${v.nodes[0].html.slice(0, 200)}`);
  }
}
// What its address holds, once that has come to rest.
const linked = async page => { await page.waitForTimeout(160); return JSON.parse(decodeURIComponent((await page.evaluate(() => location.hash)).slice(1))); };
const steps_of = page => page.frameLocator('#steps');

// The frame's steps from first to last and back, by keys alone.
async function stepped(page, name, tape, updates) {
  const frame = steps_of(page);
  await page.waitForFunction(() => document.getElementById('steps').contentWindow.reel_steps?.seen);
  await frame.locator('#ask').selectOption('');
  await frame.locator('#next').focus();
  const steps = tape.ops.length + tape.backward.length + 2 + updates.length, { there, back } = await walk(page, await (await page.$('#steps')).contentFrame(), steps);
  for (let i = 1; i <= steps; i++) {
    const arrival = tape.backward[i - tape.ops.length - 2];
    if (arrival) check(there[i].includes(arrival.amount[0]), `${name}, step ${i}: ${there[i]} has no ${arrival.amount[0]}`);
  }
  for (const [i, u] of updates.entries()) check(there[tape.ops.length + tape.backward.length + 2 + i]?.startsWith(`Update: ${u[0]} `) && there[tape.ops.length + tape.backward.length + 2 + i].endsWith(` = ${u[1]}`), `${name}: no step of ${u[0]} to ${u[1]}`);
  check(there[steps]?.startsWith('Done') && back.length === steps + 1, `${name}: no end: ${there[steps]}`);
  check(there[steps].includes('nudging'), `${name}: nothing is proven`);
  for (let i = 0; i < steps; i++) check(back[i] === there[i], `${name}: step ${i} is another one on the way back`);
}

// A screen shows what the program says of its experiments, digit for digit.
async function as_native(page, name, experiments) {
  const first = native({ do: 'run', experiment: experiments[0], tape: true });
  if (experiments[0].kind === 'expression') {
    const rows = await page.$$eval('#proof tr', rs => rs.map(r => r.children[1].textContent));
    check(JSON.stringify(rows) === JSON.stringify(first.gradients.map(g => g.gradient)), `${name}: other gradients: ${rows}`);
    const nudges = await page.$$eval('#nudges tr', rs => rs.map(r => [...r.children].map(c => c.textContent)));
    check(JSON.stringify(nudges) === JSON.stringify(first.nudges.map(n => [n.h, n.one, n.both, n.apart])) && await page.isVisible('#nudges') === first.nudges.length > 0, `${name}: other nudges`);
    const moved = first.prints.map(p => p.match(/^(\w+) = tensor\((.*?)[,)]/)).filter(m => m).map(m => [m[1], String(Number(m[2]))]);
    check(moved.length > 0 === (experiments[0].update > 0), `${name}: ${first.prints}`);
    await stepped(page, name, first.tape, moved);
    return;
  }
  const said = await page.textContent('#summary'), digits = await page.textContent('#digits');
  const losses = said.match(/the loss is [-\d.e]+\d/g).map(t => Number(t.slice(12)));
  for (const [i, e] of experiments.entries()) { // a net's tanh is another libm's
    const { now, loss } = native({ do: 'run', experiment: e });
    check(e.hidden ? Math.abs(losses[i] - now) < 1e-5 * loss[0] : said.includes(`the loss is ${now}.`), `${name}: ${said} has no ${now}`);
  }
  if (!experiments[0].hidden) check(digits === first.digits.map((d, i) => `Epoch ${i + 1}, Loss: ${d}`).join('\n'), `${name}: other losses`);
}

async function every_lesson(some) {
  const page = await open({ lesson: some[0].name, screen: 0, seed: 1 });
  for (const lesson of some) {
    await page.selectOption('#lessons', lesson.name);
    const seen = [];
    for (let i = 0; i < lesson.screens.length; i++) {
      check(await page.textContent('#words') === lesson.screens[i].text, `${lesson.name}, ${i + 1}: another text`);
      seen.push(await page.textContent('#progress'));
      await as_native(page, `${lesson.name}, ${i + 1}`, lesson.screens[i].experiments);
      if (i === lesson.screens.length - 1) { await accessible(page, lesson.name); await page.screenshot({ path: `lesson-${lesson.name}.png` }); }
      await page.focus('#following');
      await page.keyboard.press('Enter');
    }
    check((await page.$$('.question')).length === lesson.questions.length, `${lesson.name}: not ${lesson.questions.length} questions`);
    const after = lessons[lessons.indexOf(lesson) + 1];
    check(after ? await page.textContent('#following') === `Next lesson: ${after.title} →` : !(await page.isVisible('#following')), `${lesson.name}: it does not lead on`);
    for (let i = lesson.screens.length - 1; i >= 0; i--) {
      await page.click('#previous');
      check(await page.textContent('#progress') === seen[i], `${lesson.name}: not back at ${i + 1}`);
    }
    check(await page.isDisabled('#previous'), `${lesson.name}: there is something before the first`);
  }
  await page.close();
}

// Right, wrong in a known way, and no number at all; the truth is the program's.
async function questions() {
  const page = await open({ lesson: 'accumulate', screen: 99, seed: 7 });
  const box = page.locator('.question').first(), reply = async text => { await box.locator('input').fill(text); await page.keyboard.press('Enter'); return box.locator('[role=status]').textContent(); };
  const text = await box.locator('label').first().textContent(), a = Number(text.match(/a = (-?\d+)/)[1]);
  check(text === native({ do: 'ask', lesson: 'accumulate', question: 0, seed: 7 }).text, 'another question than the program asks');
  check((await reply(String(4 * a))).includes('a + a reads a twice'), "b's gradient is told");
  check((await reply('what')).includes('A number, please'), 'a word is told');
  check((await reply('0.5')).startsWith('Not yet. Step 2'), 'the step is named');
  check(await page.isVisible('#steps'), 'a second wrong answer shows no steps');
  check((await reply('0.25')).includes(`It is ${8 * a}: `), 'a third wrong answer is not told the truth');
  await accessible(page, 'questions');
  await page.screenshot({ path: 'questions.png' });
  await box.locator('button:has-text("Other numbers")').click();
  check(await page.locator('.question label').first().textContent() !== text, 'the numbers are the same');
  for (const again of ['', ' Twice in a row: you have it.']) {
    if (again) await page.locator('.question').first().locator('button:has-text("Other numbers")').click();
    const n = Number((await page.locator('.question label').first().textContent()).match(/a = (-?\d+)/)[1]), said = await reply(`8 * ${n}`);
    check(said.startsWith('Right: ') && said.endsWith(again || '.'), `8 a is right: ${said}`);
  }
  await page.locator('.question').first().locator('button:has-text("Show the steps")').click();
  check(await page.isVisible('#steps'), 'no steps are shown');
  await page.selectOption('#lessons', 'order');
  for (let i = 0; i < 2; i++) await page.click('#following');
  const choice = page.locator('.question').nth(1);
  await choice.locator('input').nth(0).check();
  await choice.locator('button:has-text("Check")').click();
  check((await choice.locator('[role=status]').textContent()).includes('so does c = b * a'), 'a wrong choice is told');
  await choice.locator('input').nth(2).check();
  await choice.locator('button:has-text("Check")').click();
  check((await choice.locator('[role=status]').textContent()).startsWith('Right'), 'a right choice is right');
  await page.close();
}

// The whole pass in one answer: the first number that is wrong is named, and then all are right.
async function whole_pass() {
  const page = await open({ lesson: 'rule', screen: 99, seed: 3 }), box = page.locator('.question').nth(4);
  const say = async text => { await box.locator('input').fill(text); await page.keyboard.press('Enter'); return box.locator('[role=status]').textContent(); };
  const solved = native({ do: 'solve', lesson: 'rule', question: 4, seed: 3 }).says.match(/It is ([^:]*):/)[1], parts = solved.split(', ');
  check((await say('1, 2')).startsWith('Numbers, please: 5'), 'two numbers of five are told');
  check((await say([parts[0], parts[0], ...parts.slice(2)].join(', '))).includes('from number 2 on. The row e = p - t'), 'the second number is named');
  check((await say(solved)).startsWith('Right: '), 'the whole pass is right');
  await page.close();
}

// A screen asks as its lesson says, by keys alone; a link holds the step and what is asked.
async function asked_in_steps() {
  const page = await open({ lesson: 'rule', screen: 3, seed: 1 }), inside = steps_of(page), now = () => inside.locator('#now').textContent();
  await page.waitForFunction(() => document.getElementById('steps').contentWindow.reel_steps?.seen);
  check(await inside.locator('#ask').inputValue() === 'all', 'the last screen does not ask for everything');
  await inside.locator('#next').focus();
  await page.keyboard.press('ArrowRight');
  check(!(await inside.locator('#rows').textContent()).includes('8.0000'), 'the table tells the answer');
  const answer = async text => { await page.keyboard.type(text); await page.keyboard.press('Enter'); return now(); };
  check((await answer('4')).includes('That is what it reads'), 'an input is told');
  await inside.locator('#answer').fill('');
  check((await answer('8')).includes('written on the tape'), 'a right result is not taken');
  const hash = await linked(page), again = await open(hash);
  await steps_of(again).locator('#answer').waitFor();
  await again.waitForFunction(() => document.getElementById('steps').contentWindow.reel_steps?.seen);
  check((await steps_of(again).locator('#count').textContent()).startsWith('step 1 ') && await steps_of(again).locator('#ask').inputValue() === 'all', `a link leads elsewhere: ${JSON.stringify(hash)}`);
  await again.close();
  await page.click('#previous');
  await page.waitForFunction(() => document.getElementById('steps').contentDocument.getElementById('ask')?.value === 'part');
  await page.close();
}

// The browser's Back is the view before, with its step.
async function backward() {
  const page = await open({ lesson: 'accumulate', screen: 1, seed: 1 });
  await page.waitForFunction(() => document.getElementById('steps').contentWindow.reel_steps?.seen);
  await steps_of(page).locator('#next').click();
  await page.click('#to-training');
  await page.click('#ten');
  await page.click('#to-expression');
  const comes = async (what, arrived) => { await page.goBack(); check(await page.waitForFunction(arrived, null, { timeout: 10000 }).catch(() => null), `Back does not lead to ${what}`); };
  await comes('the training as it was', () => !document.getElementById('training').hidden && document.getElementById('count').value === '110');
  await comes("the lesson's step", () => document.getElementById('progress').textContent.endsWith('2 of 3') && document.getElementById('steps').contentDocument?.getElementById('count')?.textContent.startsWith('step 1 '));
  await page.click('#to-training');
  for (const busy of [100, 120, 140]) { // Back at once, and the page has been at work when its address would be kept
    await page.evaluate(busy => { const from = performance.now(); document.getElementById('to-expression').click(); history.back(); while (performance.now() < from + busy); }, busy);
    await page.waitForTimeout(300);
    check(await page.isVisible('#training'), `Back after ${busy} ms of work does not lead to the training`);
  }
  await page.close();
}

// The step of a parameter is asked for, and its mistakes are known.
async function update() {
  const page = await open({ lesson: 'tutorial', screen: 1, seed: 1 }), inside = steps_of(page), now = () => inside.locator('#now').textContent();
  await page.waitForFunction(() => document.getElementById('steps').contentWindow.reel_steps?.seen);
  await inside.locator('#ask').selectOption('part');
  for (let i = 0; i < 40 && !(await now()).includes('after the step?'); i++) {
    if (await inside.locator('#answer').count()) await inside.locator('text=Show').focus();
    else await inside.locator('#next').focus();
    await page.keyboard.press('Enter');
  }
  const reply = async text => { await inside.locator('#answer').fill(text); await page.keyboard.press('Enter'); return now(); };
  check((await reply('-0.8')).includes('goes against'), `adding is not told: ${await now()}`);
  check((await reply('16')).includes('without the learning rate'), `no rate is not told: ${await now()}`);
  check((await reply('-16')).includes('That is the gradient'), 'the gradient is not told');
  check((await reply('0.8')).endsWith('w - 0.05 * d loss / d w = 0 - 0.05 × -16 = 0.8'), `the step is ${await now()}`);
  await page.screenshot({ path: 'update.png' });
  await page.close();
}

async function typed() {
  const page = await open({ expression: { program: 'y = x * x', values: ['x=3'] } });
  const type = async (program, values) => { await page.fill('#values', values); await page.fill('#program', program); await page.waitForTimeout(300); };
  await type('s = w*x + b\nloss = (tanh(s) - 1)^2', 'w=0.75\nx=2\nb=-1');
  check((await page.textContent('#proof tr:first-child')).startsWith('w-1.69207'), 'not the gradient of w');
  await page.screenshot({ path: 'expression.png' });
  await type('y = tanh(x', 'x=1');
  const said = await page.textContent('#mistake');
  check(said.includes("a ')' should end what tanh is called with") && said.endsWith('y = tanh(x\n' + ' '.repeat(10) + '^'), `the mistake: ${said}`);
  check(!(await page.isVisible('#result')), 'a result of what is wrong');
  await type('y = x @ z', 'x=1');
  check((await page.textContent('#mistake')).includes("'z' has no value"), 'a name without a value is told');
  await page.click('#code summary');
  await type('y = x ^ 2', 'x=5');
  await page.click('#code summary');
  await page.click('#code summary');
  check((await page.textContent('#text')).includes('reel_square(x)'), 'no program in C');
  await page.selectOption('#which', 'python');
  check(await page.textContent('#text') === native({ do: 'code', language: 'python', experiment: { kind: 'expression', program: 'y = x ^ 2', values: ['x=5'] } }).code, 'another program in Python');
  const again = await open(await linked(page));
  check(await again.inputValue('#values') === 'x=5', 'the link does not hold the values');
  await again.close();
  await page.close();
}

// The last point is dragged up as far as the picture goes, and then by keys to 40: L1 stays, MSE follows.
async function outlier() {
  const base = { kind: 'training', steps: 2000, points: [[1, 2], [2, 4], [3, 6], [4, 8], [5, 10]] };
  const page = await open({ runs: [{ ...base, loss: 'l1', lr: 0.01 }, { ...base, loss: 'mse', lr: 0.05 }] });
  const weights = async () => (await page.textContent('#summary')).match(/w = (-?[\d.]+)/g).map(t => Number(t.slice(4)));
  const before = await weights();
  check(Math.abs(before[0] - 2) < 0.04 && Math.abs(before[1] - 2) < 0.04, `before: ${before}`);
  const circle = page.locator('#data g').nth(4).locator('circle'), box = await circle.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2 - 5);
  for (const [x, y] of [[0, -100], [0, -500], [0, -900]]) await page.mouse.move(box.x + box.width / 2 + x, box.y + y, { steps: 4 });
  await page.mouse.up();
  await page.waitForTimeout(200);
  const dragged = await page.locator('#data g').nth(4).getAttribute('aria-valuenow');
  check(Number(dragged) > 20, `dragged to ${dragged}`);
  const after = await weights();
  check(Math.abs(after[0] - 2) < 0.04, `L1 after: ${after[0]}`);
  check(Math.abs(after[1] - 2) > 1, `MSE after: ${after[1]}`);
  const points = (await linked(page)).runs[0].points;
  const native_w = native({ do: 'run', experiment: { ...base, points, loss: 'mse', lr: 0.05 } }).weight[2000];
  check(Math.abs(native_w - after[1]) < 1e-4 * native_w, `the program has ${native_w}, the page ${after[1]}`);
  await accessible(page, 'outlier');
  await page.screenshot({ path: 'outlier.png' });
  await page.locator('#data g').nth(4).focus();
  await page.keyboard.press('ArrowDown');
  check(Number(await page.locator('#data g').nth(4).getAttribute('aria-valuenow')) < Number(dragged), 'an arrow key moves no point');
  await page.close();
}

// A training by keys alone: reset, a step, ten, settings; the tutorial's digits; a net; the tape.
async function by_keyboard() {
  const page = await open({ runs: [{ steps: 0 }] });
  const reach = async id => { for (let i = 0; i < 80 && await page.evaluate(() => document.activeElement.id) !== id; i++) await page.keyboard.press('Tab'); check(await page.evaluate(() => document.activeElement.id) === id, `Tab does not come to ${id}`); };
  await reach('one');
  await page.keyboard.press('Enter');
  check((await page.textContent('#digits')) === 'Epoch 1, Loss: 5.486016750335693', 'not the tutorial\'s first loss');
  await reach('ten');
  for (let i = 0; i < 9; i++) await page.keyboard.press('Enter');
  check((await page.textContent('#summary')).includes('After 91 steps'), 'not 91 steps');
  await reach('run');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => Number(document.getElementById('count').value) > 100);
  await page.keyboard.press('Enter');
  check(await page.textContent('#run') === 'Run', 'it does not pause');
  await page.fill('#count', '100');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  check((await page.textContent('#digits')).endsWith('Epoch 100, Loss: 0.32458028197288513'), 'not the tutorial\'s last loss');
  await page.selectOption('#runs select >> nth=2', '8 hidden');
  await page.click('#tape summary');
  await page.frameLocator('#next-step').locator('#next').focus();
  await page.keyboard.press('Enter');
  check((await page.frameLocator('#next-step').locator('#now').textContent()).startsWith('Forward, row 1'), 'the tape does not step');
  await page.click('#parameters summary');
  check((await page.$$('#tensors tr')).length === 4, 'not four parameters');
  await accessible(page, 'training');
  await page.screenshot({ path: 'training.png', fullPage: true });
  await page.close();
}

// The loss over weight and bias: a picture for each line, none for a net, its words the program's numbers.
async function surfaces() {
  const runs = ['l1', 'mse'].map(loss => ({ kind: 'training', points: [[1, 2], [2, 4], [3, 6], [4, 8], [5, 40]], loss, lr: loss === 'mse' ? 0.05 : 0.01, steps: 300, start: [0, 0] }));
  const page = await open({ runs }), short = x => String(Number(Number(x).toPrecision(5)));
  check((await page.$$('#surfaces svg')).length === 2, 'not a picture for each run');
  for (const [i, experiment] of runs.entries()) {
    const { surface, weight } = native({ do: 'run', surface: true, experiment }), said = await page.locator('#surfaces svg').nth(i).getAttribute('aria-label');
    check(said.endsWith(`The lowest loss shown is ${short(surface.lowest.loss)}, at w ${short(surface.lowest.weight)}, b ${short(surface.lowest.bias)}`) && said.includes(`to w ${short(weight[300])}`), `the surface says ${said}`);
    check((await page.locator('#surfaces svg').nth(i).locator('g rect').count()) > 100, 'no bands');
  }
  await accessible(page, 'surfaces');
  await page.locator('#surfaces').screenshot({ path: 'surfaces.png' });
  await page.selectOption('#runs select >> nth=2', '8 hidden');
  check((await page.$$('#surfaces svg')).length === 1, 'a net has a surface');
  const far = await open({ runs: [{ loss: 'mse', start: [1e300, 0], points: [[1e200, 1e200], [-1e200, 5]] }] }); // nothing finite to draw
  check((await far.textContent('#summary')).includes('Stopped: '), 'a training beyond all numbers is not told');
  await far.close();
  await page.close();
}

// Each of the trainings to try is what the program makes of it; those that run away say so.
async function presets() {
  const page = await open({ runs: [{}] }), names = await page.$$eval('#preset option', os => os.map(o => o.textContent).slice(1));
  check(names.length >= 11, `${names.length} presets`);
  for (const name of names) {
    await page.selectOption('#preset', name);
    const said = await page.textContent('#summary'), runs = (await linked(page)).runs;
    for (const experiment of runs) {
      const answer = native({ do: 'run', experiment });
      check(said.includes(answer.stopped ? `Stopped: ${answer.stopped}.` : `the loss is ${answer.now}`) || experiment.hidden.length, `${name}: ${said}`);
      check(Boolean(answer.stopped) === name.includes('runs away'), `${name}: ${answer.stopped}`);
    }
  }
  await page.screenshot({ path: 'preset.png' });
  await page.close();
}

async function looks() {
  for (const [name, options] of [['narrow', { viewport: { width: 320, height: 740 } }], ['dark', { colorScheme: 'dark' }], ['own', { forcedColors: 'active' }]]) {
    for (const hash of [{ lesson: 'accumulate', screen: 1, seed: 1 }, { lesson: 'outlier', screen: 1, seed: 1 }, { lesson: 'rule', screen: 9, seed: 1 }]) {
      const page = await open(hash, options);
      check(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name}: wider than the window: ${JSON.stringify(hash)}`);
      await accessible(page, name);
      await page.screenshot({ path: `${name}-${hash.lesson}-${hash.screen}.png`, fullPage: true });
      await page.close();
    }
  }
}

// All of them, or those that are named; two at a time, as there are two processors at least.
const half = Math.ceil(lessons.length / 2), tests = [() => every_lesson(lessons.slice(0, half)), () => every_lesson(lessons.slice(half)), looks, presets, outlier, by_keyboard, typed, questions, asked_in_steps, backward, surfaces, update, whole_pass];
const left = tests.filter(test => !only.length || only.includes(test.name || 'every_lesson'));
async function work() {
  while (left.length) {
    const test = left.shift(), started = Date.now();
    await test();
    console.log(`${test.name || 'every_lesson'}: ${((Date.now() - started) / 1000).toFixed(1)} s`);
  }
}
await Promise.all([work(), work()]);
await browser.close();
console.log(failures ? `${failures} failures` : 'as it should be');
process.exit(failures ? 1 : 0);
