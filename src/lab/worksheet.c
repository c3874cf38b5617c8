/* SPDX-License-Identifier: MIT */
/* worksheet.html, made by scripts/page.sh. */
/* clang-format off */
#include "page.h"

#include <stddef.h>

const char *const lab_worksheet[] = {
    "<section id=\"sheet\" aria-label=\"Worksheet\"></section>\n"
    "<style>\n"
    "#sheet, .js #proof { display: none; } #proof, #sheet { max-width: 1200px; margin: 0 auto; padding: 0 1rem; } #proof table, #now table { width: auto; } #proof td, #proof th, #now td, #now th { padding-right: 2rem; } #sheet p { line-height: 2.2; }\n"
    "@media print { .js #proof { display: block; } .asked #sheet { display: block; } .asked #live { display: none; } .asked #title { display: none; } main { padding-bottom: 1rem; } .asked #story { break-before: page; } .asked #story h2::before { content: 'Answers. '; } }\n"
    "</style>\n"
    "<script>\n"
    "function sheet() {\n"
    "const ask = $('ask').value, all = ask === 'all', blank = ' ________ ', p = t => el('p', {}, t), was = [at, shown];\n"
    "document.documentElement.classList.toggle('asked', ask !== '');\n"
    "if (!ask) return;\n"
    "at = 0; draw(new Map());\n"
    "const picture = $('graph').querySelector('svg').cloneNode(true);\n"
    "[at, shown] = was; show(false);\n"
    "$('sheet').replaceChildren(el('h1', {}, document.title), picture, p('Given: ' + given.map(v => v.name + ' = ' + short(v.text)).join(', ') + '. Fill in the blanks.'),\n"
    "el('h2', {}, 'Forward'), ...ops.map(o => p(o.step + '. ' + name(o.out) + ' = ' + says(o) + ' = ' + (all ? blank : short(values.get(o.out).text)))),\n"
    "el('h2', {}, 'Backward'), ...tape.backward.map(a => { const o = byStep.get(a.step), rule = o.in[a.in].rule;\n"
    "return p('Row ' + a.step + ', ' + name(o.out) + ' = ' + says(o) + ', to ' + name(a.value) + ': ' + (ask === 'product' && rule ? rule + ' = ' : '') + (a.local ? blank + '×' + blank + '=' : '') + blank + (a.before ? '; with what had come:' + blank : '')); }),\n"
    "...updates.map(s => p('Update: ' + s.u.name + ' = ' + (ask === 'product' ? s.u.name + ' - ' + rate + ' × its gradient = ' : '') + blank)),\n"
    "p(given.filter(v => v.kind === 'leaf').map(v => 'd ' + root.name + ' / d ' + v.name + ' =' + blank).join(',  ')));\n"
    "document.querySelector('main').prepend($('sheet'));\n"
    "}\n"
    "addEventListener('beforeprint', sheet);\n"
    "</script>",
    NULL};
