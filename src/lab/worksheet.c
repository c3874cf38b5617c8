/* SPDX-License-Identifier: MIT */
/* worksheet.html, line by line, made by scripts/page.sh. */
/* clang-format off */
#include "page.h"

#include <stddef.h>

const char *const lab_worksheet[] = {
    "<section id=\"sheet\" aria-label=\"Worksheet\"></section>",
    "<style>",
    "#sheet, .js #proof { display: none; } #proof, #sheet { max-width: 1200px; margin: 0 auto; padding: 0 1rem; } #proof table, #now table { width: auto; } #proof td, #proof th, #now td, #now th { padding-right: 2rem; } #sheet p { line-height: 2.2; }",
    "@media print { .js #proof { display: block; } .asked #sheet { display: block; } .asked #live { display: none; } .asked #title { display: none; } main { padding-bottom: 1rem; } .asked #story { break-before: page; } .asked #story h2::before { content: 'Answers. '; } }",
    "</style>",
    "<script>",
    "// Printed while it asks: the steps with blanks, and all that stands there else, the answers, on the next page.",
    "function sheet() {",
    "  const ask = $('ask').value, all = ask === 'all', blank = ' ________ ', p = t => el('p', {}, t), was = [at, shown];",
    "  document.documentElement.classList.toggle('asked', ask !== '');",
    "  if (!ask) return;",
    "  at = 0; draw(new Map());",
    "  const picture = $('graph').querySelector('svg').cloneNode(true);",
    "  [at, shown] = was; show(false);",
    "  $('sheet').replaceChildren(el('h1', {}, document.title), picture, p('Given: ' + given.map(v => v.name + ' = ' + short(v.text)).join(', ') + '. Fill in the blanks.'),",
    "    el('h2', {}, 'Forward'), ...ops.map(o => p(o.step + '. ' + name(o.out) + ' = ' + says(o) + ' = ' + (all ? blank : short(values.get(o.out).text)))),",
    "    el('h2', {}, 'Backward'), ...tape.backward.map(a => { const o = byStep.get(a.step), rule = o.in[a.in].rule;",
    "      return p('Row ' + a.step + ', ' + name(o.out) + ' = ' + says(o) + ', to ' + name(a.value) + ': ' + (ask === 'product' && rule ? rule + ' = ' : '') + (a.local ? blank + '×' + blank + '=' : '') + blank + (a.before ? '; with what had come:' + blank : '')); }),",
    "    ...updates.map(s => p('Update: ' + s.u.name + ' = ' + (ask === 'product' ? s.u.name + ' - ' + rate + ' × its gradient = ' : '') + blank)),",
    "    p(given.filter(v => v.kind === 'leaf').map(v => 'd ' + root.name + ' / d ' + v.name + ' =' + blank).join(',  ')));",
    "  document.querySelector('main').prepend($('sheet'));",
    "}",
    "addEventListener('beforeprint', sheet);",
    "</script>",
    NULL};
