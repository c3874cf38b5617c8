/* SPDX-License-Identifier: MIT */
/* Dates and times of day in text, by the Gregorian calendar, whatever the locale. */
#ifndef REELI_DATE_H
#define REELI_DATE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Seconds since 1970-01-01 00:00 of a text: by a format of strptime's (%Y, of four digits, %y %m %d
 * %H %I %M %S %f %p %b %B %%; spaces stand for any), or, where that is "", by ISO 8601: 2026-11,
 * 2026-11-27, 2026-11-27T19:06:30.5. What follows a time as its zone is passed over: the clock
 * counts. Of several formats, with | between them, it is the first by which the text is a date.
 */
bool reeli_read_date(const char *text, const char *format, double *seconds);
/* Whether a format, or each of several, has only what is known above; one is not "". */
bool reeli_is_date_format(const char *format);

typedef struct reeli_date {
    int64_t year;
    int month;   /* 1 to 12 */
    int weekday; /* 0: Monday */
    int hour;
} reeli_date;

reeli_date reeli_date_of(double seconds);

#endif
