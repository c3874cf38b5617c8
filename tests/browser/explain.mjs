// SPDX-License-Identifier: MIT
// The page of reel explain as its readers meet it: stepped through from first to last and back by keys
// alone, asked and answered, narrow, dark, printed, read aloud, in colours of one's own, without scripts; and
// nothing asked for outside of it.
//
//   node explain.mjs PROGRAM CHROMIUM
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { walk } from './steps.mjs';

const [program, executablePath] = process.argv.slice(2);
let failures = 0;
const check = (right, what) => { if (!right) { failures++; console.log('  FAILED: ' + what); } };
const lessons = {
  twice: ['b = a + a; c = b * b', 'a=3'],
  neuron: ['s = w*x + b; y = tanh(s); loss = (y - t)^2', 'w=0.75', 'b=-1', 'x=2', 't=1', '--constant', 'x,t'],
  line: ['pred = X @ w + b; loss = l1_loss(pred, y)', 'X=[[1],[2],[3]]', 'w=[[0.5]]', 'b=[0.1]', 'y=[[2],[4],[9]]', '--constant', 'X,y'],
  long: [Array.from({ length: 60 }, (_, i) => `h${i + 1} = tanh(h${i} * w)`).join('; '), 'h0=1', 'w=0.9'],
};
const axe = readFileSync(resolve('node_modules/axe-core/axe.min.js'), 'utf8');
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });

async function open(name, options = {}) {
  const page = await browser.newPage({ viewport: { width: 1100, height: 900 }, ...options });
  const url = 'file://' + resolve(name + '.html');
  page.on('console', m => check(false, `${name}: the console says ${m.text()}`));
  page.on('pageerror', e => check(false, `${name}: ${e.message}`));
  page.on('request', r => check(r.url() === url || r.url() === 'about:srcdoc', `${name}: asks for ${r.url()}`));
  await page.goto(url);
  return page;
}

async function accessible(page, name) {
  const found = await page.evaluate(axe + '; axe.run({iframes: false})');
  for (const v of found.violations) check(false, `${name}: ${v.id}: ${v.help}: ${v.nodes[0].html}`);
}

// Every step there and back; each backward sentence has the numbers that the library wrote.
async function stepped(name, tape) {
  const page = await open(name), count = () => page.textContent('#count');
  const steps = Number((await count()).match(/of (\d+)/)[1]);
  check(steps === tape.ops.length + tape.backward.length + 2, `${name}: ${steps} steps`);
  const { there, back } = await walk(page, page.mainFrame(), steps);
  check(there.length === steps + 1 && back.length === steps + 1, `${name}: ${there.length} steps there, ${back.length} back`);
  for (let i = 1; i <= steps; i++) {
    const arrival = tape.backward[i - tape.ops.length - 2];
    if (arrival) {
      check(there[i].includes(arrival.amount[0]), `${name}, step ${i}: ${there[i]} has no ${arrival.amount[0]}`);
      check(!arrival.before || there[i].includes('which makes ' + (arrival.after.length > 1 ? '[' : '') + arrival.after[0]), `${name}, step ${i}: no sum`);
    }
  }
  check(there[steps].startsWith('Done'), `${name}: no end`);
  for (const leaf of tape.values.filter(v => v.kind === 'leaf')) {
    check(there[steps].includes(`d ${leaf.name} = ` + (leaf.grad_text.length > 1 ? '[' : '') + leaf.grad_text[0]), `${name}: no gradient of ${leaf.name}`);
  }
  for (let i = 0; i < steps; i++) check(back[i] === there[i], `${name}: step ${i} is another one on the way back`);
  await page.keyboard.press('End');
  check((await count()).startsWith(`step ${steps} `) && await page.isDisabled('#next'), `${name}: End`);
  for (const [row, proof] of (await page.$$eval('#now tbody tr', rows => rows.map(r => [...r.children].map(c => c.textContent)))).map(r => [r[0], r])) {
    check(Math.abs(proof[1] - proof[2]) <= 1e-6 * Math.max(1, Math.abs(proof[1])), `${name}: ${row}: ${proof[1]} is not proven by ${proof[2]}`);
  }
  const leaves = tape.values.filter(v => v.kind === 'leaf').reduce((sum, v) => sum + v.text.length, 0);
  check((await page.$$('#now tbody tr')).length === leaves, `${name}: not ${leaves} gradients are proven`);
  await accessible(page, name);
  await page.screenshot({ path: name + '.png' });
  await page.close();
}

// The question before a step: wrong in the ways that people are, then right.
async function asked() {
  const page = await open('neuron');
  await page.selectOption('#ask', 'part');
  for (let i = 0; i < 8; i++) await page.keyboard.press('ArrowRight'); // to tanh's step, answered on the way
  for (let tries = 0; tries < 20 && !(await page.textContent('#now')).includes('tanh(s) has'); tries++) {
    if (await page.$('#answer')) await page.click('text=Show');
    await page.click('#next');
  }
  const reply = async text => { await page.fill('#answer', text); await page.keyboard.press('Enter'); return page.textContent('#now'); };
  check((await reply('0.7864')).includes('slope alone'), 'the slope alone is told');
  check((await reply('-1.0758')).includes('what came from above'), 'what came from above is told');
  check((await reply('0.8460')).includes('the sign is not'), 'the sign is told');
  check((await reply('abc')).includes('A number, please'), 'a word is told');
  check((await reply('-0.846')).includes('-1.0758 × 0.7864 = -0.8460'), 'what is right is taken');
  await page.close();
}

// A worksheet: what --ask makes of a page in print. Blanks first, and no number that is asked; on the next page all.
async function worksheet() {
  for (const ask of ['product', 'part', 'all']) {
    execFileSync(program, ['explain', 'b = a + a; c = b * b', '--seed', '7', '--ask=' + ask, '--html', 'sheet.html', '--json', 'sheet.json']);
    const tape = JSON.parse(readFileSync('sheet.json', 'utf8')), page = await open('sheet');
    check(await page.inputValue('#ask') === ask, `worksheet: asks for ${await page.inputValue('#ask')}`);
    await page.pdf({ path: `sheet-${ask}.pdf` }); // a print builds it
    await page.emulateMedia({ media: 'print' });
    const text = await page.innerText('#sheet'), given = Number(tape.values.find(v => v.name === 'a').text[0]), blanks = text.split('________').length - 1;
    check(text.includes(`a = ${tape.values.find(v => v.name === 'a').text[0]}`), `worksheet: nothing given: ${text}`);
    check(!text.includes(String(8 * given)) && !text.includes(String(4 * given)), `worksheet: it tells a gradient: ${text}`);
    check(text.includes(String(2 * given)) === (ask !== 'all') && text.includes('g * b') === (ask === 'product'), `worksheet, ${ask}: ${text}`);
    check(blanks === 4 * 3 + 2 + 1 + (ask === 'all') * 2, `worksheet, ${ask}: ${blanks} blanks`);
    check(await page.isVisible('#story') && await page.isVisible('#proof') && !(await page.isVisible('#live')), 'worksheet: not the blanks, and then the answers');
    check(await page.evaluate(() => getComputedStyle(document.getElementById('story')).breakBefore) === 'page', 'worksheet: the answers are on the same page');
    await page.screenshot({ path: `sheet-${ask}.png`, fullPage: true });
    await page.close();
  }
}

// The lessons as pages: frames with steps, pictures, answers to unfold; narrow, too.
async function lesson_pages() {
  const names = execFileSync(program, ['explain', '--lessons']).toString().match(/^[a-z-]+/gm);
  check(names.length >= 8, `${names.length} lessons`);
  for (const name of names) {
    execFileSync(program, ['explain', '--lesson', name, '--html', `page-${name}.html`]);
    const page = await open(`page-${name}`, { viewport: { width: 320, height: 740 } });
    check(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name}: 320 px: wider than the window`);
    check((await page.$$('iframe, svg')).length >= 2, `${name}: shows nothing`);
    for (const frame of page.frames().slice(1)) check((await frame.textContent('#now')).startsWith('Start'), `${name}: a frame without steps`);
    await page.click('summary >> nth=0');
    check(/^-?[\d.]+(e-\d+)?: /.test((await page.textContent('details >> nth=0')).replace('Answer', '')), `${name}: no answer`);
    check(!(await page.isVisible('.answers')), `${name}: the printed answers are on the screen`);
    await accessible(page, name);
    await page.screenshot({ path: `page-${name}.png`, fullPage: true });
    await page.emulateMedia({ media: 'print' });
    check(await page.isVisible('.answers') && !(await page.isVisible('details')) && (await page.$$('.answers li')).length === (await page.$$('.room')).length, `${name}: printed: not each question's answer on the last page`);
    await page.close();
  }
}

// Ten thousand rows: five megabytes at most, and it opens, steps and folds.
async function large() {
  execFileSync(program, ['explain', Array(10001).fill('a').join('*'), 'a=1.0001', '--html', 'large.html']);
  const size = readFileSync('large.html').length, page = await open('large');
  check(size < 5e6, `10,000 rows: ${size} bytes`);
  check((await page.textContent('#count')) === 'step 0 of 30002', '10,000 rows: not all steps');
  await page.keyboard.press('ArrowRight');
  check((await page.textContent('#now')).includes('#1 = mul(a, a) = 1.0002'), '10,000 rows: no first step');
  await page.keyboard.press('End');
  check((await page.textContent('#now')).includes('d a = 27184.1774'), '10,000 rows: no gradient');
  check((await page.$$('#rows tr')).length < 50, '10,000 rows: they are not folded');
  await page.close();
}

// By passes, and by a click on a box or a row to the step that it comes from; full values at a touch of the mouse.
async function led() {
  const page = await open('neuron'), count = () => page.textContent('#count'), now = () => page.textContent('#now');
  for (const step of [1, 6, 7, 13, 13]) {
    await page.keyboard.press('PageDown');
    check((await count()).startsWith(`step ${step} `), `page down leads to ${await count()} and not to ${step}`);
  }
  for (const step of [7, 6, 1, 0, 0]) {
    await page.keyboard.press('PageUp');
    check((await count()).startsWith(`step ${step} `), `page up leads to ${await count()} and not to ${step}`);
  }
  await page.click('#rows tr:has-text("y = tanh")');
  check((await now()).startsWith('Forward, row 3'), `a row leads to ${await now()}`);
  await page.keyboard.press('End');
  await page.locator('svg text', { hasText: /^s$/ }).click();
  check((await now()).startsWith('Backward, row 2'), `a box leads to ${await now()}`);
  await page.keyboard.press('End');
  const rows = await page.$$eval('#rows tr', all => all.map(r => [...r.children].map(c => c.textContent)));
  check(rows.some(r => r[1] === 'w' && r[4] === '-1.6921') && rows.some(r => r[1] === 'x' && r[4] === ''), `the table has no leaves: ${rows}`);
  const long = await open('line');
  check((await long.$$eval('svg title', all => all.map(t => t.textContent))).some(t => t.startsWith('X (3×1) = 1.0000, 2.0000, 3.0000')), 'a box does not say its values');
  await long.close();
  await page.close();
}

// The wrong order, chosen: the gradients of a program that goes down once for each use, its steps there and back,
// and a link that holds it. Single numbers alone; where nothing is read twice it makes no difference.
async function depth_first() {
  const wrong = { twice: ['b = a + a; c = b + b', 'a=1', { a: [8, 4] }], square: ['s = x * x; y = s * s', 'x=3', { x: [216, 108] }],
    diamond: ['c = a + b; d = a * b; y = (c + d) + c * d', 'a=2', 'b=3', { a: [29, 25], b: [22, 19] }], chain: ['y = tanh(x * 2)', 'x=0.3', { x: [null, null] }] };
  for (const [name, [...expression]] of Object.entries(wrong)) {
    const gradients = expression.pop();
    execFileSync(program, ['explain', ...expression, '--html', 'deep.html']);
    const page = await open('deep');
    await page.selectOption('#order', 'deep');
    const count = Number((await page.textContent('#count')).match(/of (\d+)/)[1]), { there, back } = await walk(page, page.mainFrame(), count);
    for (let i = 0; i < count; i++) check(back[i] === there[i], `depth first, ${name}: step ${i} is another one on the way back`);
    for (const [leaf, [naive, right]] of Object.entries(gradients)) {
      check(naive === null ? there[count].includes('no difference') : there[count].includes(`d ${leaf} = ${naive.toFixed(4)}, and in the tape’s order ${right.toFixed(4)}`), `depth first, ${name}: ${there[count]}`);
    }
    check(there.some(t => t.includes('once more, depth first')) === (name !== 'chain'), `depth first, ${name}: nothing is sent again`);
    if (name === 'square') { await page.keyboard.press('End'); await accessible(page, 'depth first'); await page.screenshot({ path: 'depth-first.png' }); }
    await page.waitForTimeout(160);
    check(await page.evaluate(() => location.hash.includes('order=deep')), 'the address does not hold the order');
    await page.selectOption('#order', '');
    await page.keyboard.press('Tab');
    await page.keyboard.press('End');
    for (const [leaf, [, right]] of Object.entries(gradients)) check(right === null || (await page.textContent('#now')).includes(`d ${leaf} = ${right.toFixed(4)}`), `${name}: the tape's order is lost`);
    await page.close();
  }
  const tensors = await open('line');
  check(!(await tensors.isVisible('#order')), 'tensors are offered another order');
  await tensors.close();
}

// The graph by keys: one stop of Tab, arrows along edges and among siblings, Enter leads, Escape leaves.
async function graph_by_keys() {
  const page = await open('neuron'), name = () => page.evaluate(() => document.activeElement.querySelector('title')?.textContent ?? document.activeElement.id);
  const press = async key => { await page.keyboard.press(key); return name(); };
  await page.keyboard.press('End');
  check(await page.locator('#graph [tabindex="0"]').count() === 1, 'the graph has more than one stop of Tab');
  await page.focus('#graph [tabindex="0"]');
  for (let i = 0; i < 20 && !(await name()).startsWith('loss ='); i++) await press('ArrowRight');
  check(await name() === 'loss = 0.2893, gradient 1.0000' && await page.textContent('#about') === await name(), `the end of the graph is ${await name()}`);
  const way = [];
  for (let i = 0; i < 4; i++) way.push(await press('ArrowLeft'));
  check(way[0] === 'row 5: loss = square(#4)' && way[2] === 'row 4: #4 = sub(y, t)' && way[3].startsWith('y = 0.4621, gradient -1.0758'), `left leads to ${way}`);
  const other = await press('ArrowDown');
  check(other !== way[3] && await press('ArrowUp') === way[3], `down leads to ${other}, up not back`);
  await press('ArrowLeft');
  check(await press('Enter') === 'row 3: y = tanh(s)' && (await page.textContent('#now')).startsWith('Backward, row 3'), 'Enter does not lead to the step');
  check(await press('Escape') === 'next', 'Escape does not lead out');
  await page.focus('#tape-table');
  await page.keyboard.press('ArrowUp');
  check((await page.textContent('#now')).startsWith('Backward, row 2'), 'up in the table does not lead to the row above');
  await page.focus('#graph [tabindex="0"]');
  await accessible(page, 'graph by keys');
  await page.screenshot({ path: 'graph-by-keys.png' });
  await page.close();
}

// A finger across the sentence.
async function swiped() {
  const context = await browser.newContext({ viewport: { width: 360, height: 640 }, hasTouch: true }), page = await context.newPage();
  await page.goto('file://' + resolve('twice.html'));
  const swipe = by => page.evaluate(by => { const now = document.getElementById('now'), touch = x => new Touch({ identifier: 1, target: now, clientX: x, clientY: 200 });
    now.dispatchEvent(new TouchEvent('touchstart', { touches: [touch(200)] }));
    now.dispatchEvent(new TouchEvent('touchend', { changedTouches: [touch(200 + by)] })); }, by);
  for (const [by, step] of [[-100, 1], [-100, 2], [20, 2], [100, 1]]) {
    await swipe(by);
    check((await page.textContent('#count')).startsWith(`step ${step} `), `swiped by ${by}: ${await page.textContent('#count')}`);
  }
  const small = await page.$$eval('#bar button', all => all.filter(b => b.offsetHeight < 44).length);
  check(small === 0, `${small} buttons are too small for a finger`);
  await context.close();
}

async function seen() {
  const narrow = await open('neuron', { viewport: { width: 320, height: 640 } });
  check(await narrow.evaluate(() => document.documentElement.scrollWidth <= innerWidth), '320 px: wider than the window');
  for (let i = 0; i < 8; i++) await narrow.keyboard.press('ArrowRight');
  check(await narrow.evaluate(() => document.getElementById('bar').offsetHeight < innerHeight / 5), '320 px: the bar is high');
  check(await narrow.evaluate(() => { const b = document.getElementById('graph').getBoundingClientRect(), n = document.querySelector('svg .now rect, svg .now ellipse').getBoundingClientRect(); return n.left >= b.left && n.right <= b.right; }), '320 px: this step is out of sight');
  await accessible(narrow, 'narrow');
  await narrow.screenshot({ path: 'narrow.png' });
  const dark = await open('twice', { colorScheme: 'dark' });
  for (let i = 0; i < 5; i++) await dark.keyboard.press('ArrowRight');
  await accessible(dark, 'dark');
  await dark.screenshot({ path: 'dark.png' });
  const plain = await open('twice', { javaScriptEnabled: false });
  check((await plain.textContent('#story')).includes('added to the 12.0000 that had come: 24.0000'), 'without scripts: no sentences');
  check(await plain.isVisible('#story') && !(await plain.isVisible('#bar')), 'without scripts: not the sentences alone');
  const printed = await open('twice');
  await printed.emulateMedia({ media: 'print' });
  check(await printed.isVisible('#story'), 'printed: no sentences');
  check((await printed.pdf()).subarray(0, 5).toString() === '%PDF-', 'printed: no PDF');
}

// What a screen reader is told, in the middle and in print, word for word: spoken.yml.
async function spoken() {
  const page = await open('twice');
  for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight');
  let said = await page.locator('body').ariaSnapshot();
  await page.emulateMedia({ media: 'print' });
  said += '\n# printed\n' + await page.locator('body').ariaSnapshot() + '\n';
  writeFileSync('spoken.txt', said);
  check(said === readFileSync('spoken.yml', 'utf8'), 'a screen reader is told something else: build/browser/spoken.txt');
  await page.close();
}

// With colours of the reader's own: this step's box, line and row can still be told from the others.
async function own_colours() {
  for (const colorScheme of ['light', 'dark']) {
    const page = await open('twice', { forcedColors: 'active', colorScheme });
    for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight');
    const [box, other, text, row, rest] = await page.evaluate(() => [['svg .now rect', 'stroke'], ['svg g:not(.now) rect', 'stroke'], ['svg text', 'fill'], ['tr.now td', 'borderBottomWidth'], ['tbody tr:not(.now) td', 'borderBottomWidth']]
      .map(([which, what]) => getComputedStyle(document.querySelector(which))[what]));
    check(box !== other && row !== rest, `own colours, ${colorScheme}: this step looks like any: ${box}, ${row}`);
    check(text === (colorScheme === 'dark' ? 'rgb(255, 255, 255)' : 'rgb(0, 0, 0)'), `own colours, ${colorScheme}: text is ${text}`);
    await accessible(page, 'own colours');
    await page.screenshot({ path: `own-${colorScheme}.png` });
    await page.close();
  }
}

for (const [name, expression] of Object.entries(lessons)) {
  execFileSync(program, ['explain', ...expression, '--html', name + '.html', '--json', name + '.json']);
  await stepped(name, JSON.parse(readFileSync(name + '.json', 'utf8')));
  console.log(name);
}
await asked();
await worksheet();
await large();
await lesson_pages();
await led();
await depth_first();
await graph_by_keys();
await swiped();
await seen();
await spoken();
await own_colours();
await browser.close();
console.log(failures ? `${failures} failures` : 'as it should be');
process.exit(failures ? 1 : 0);
