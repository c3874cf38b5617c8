/* SPDX-License-Identifier: MIT */
/* A fit as one page of HTML, with its pictures in it. */
#ifndef CLI_HTML_REPORT_H
#define CLI_HTML_REPORT_H

#include "fitting.h"

/* Writes the page that --report asks for: the figures as on the terminal, the notes, the losses,
 * predicted against true values, the residuals, and what each column of numbers does to the
 * prediction on the average (its partial dependence). It loads nothing from anywhere. False, and a
 * message.
 *
 * Source: Friedman, Greedy function approximation, 2001, for the last. */
bool html_report(const fitting *it);

#endif
