/* SPDX-License-Identifier: MIT */
/* Days are counted from the first of March, so that a leap day is a year's last.
 * Source: Hinnant, chrono-compatible low-level date algorithms, 2013. */
#include "date.h"

#include <math.h>
#include <string.h>
#include <strings.h>

enum { DAY = 86400, DAYS_OF_400_YEARS = 146097, DAYS_BEFORE_1970 = 719468 };

static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};

/* What has been read so far. */
typedef struct moment {
    const char *at;
    int year, month, day, hour, minute, second, half; /* half: 0 unknown, 1 am, 2 pm */
    double fraction;
} moment;

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* A whole number of at least `least` and at most `most` digits. */
static bool take_number(moment *it, int least, int most, int *to)
{
    int digits = 0;
    *to = 0;
    while (digits < most && is_digit(*it->at)) {
        *to = 10 * *to + (*it->at++ - '0');
        digits++;
    }
    return digits >= least;
}

static bool take(moment *it, char c)
{
    bool there = *it->at == c;
    it->at += there;
    return there;
}

static void take_fraction(moment *it)
{
    for (double unit = 0.1; is_digit(*it->at); unit /= 10) {
        it->fraction += unit * (*it->at++ - '0');
    }
}

static bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

static bool is_valid(const moment *it)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return it->month >= 1 && it->month <= 12 && it->day >= 1 &&
           it->day <= days[it->month - 1] + (it->month == 2 && is_leap(it->year)) &&
           it->hour <= 23 && it->minute <= 59 && it->second <= 60;
}

static double seconds_of(const moment *it)
{
    int64_t year = it->year - (it->month <= 2), month = (it->month + 9) % 12;
    int64_t era = (year >= 0 ? year : year - 399) / 400, of_era = year - era * 400;
    int64_t of_year = (153 * month + 2) / 5 + it->day - 1;
    int64_t days = era * DAYS_OF_400_YEARS + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
                   DAYS_BEFORE_1970;
    int64_t time = (int64_t)it->hour * 3600 + it->minute * 60 + it->second;
    return (double)(days * DAY + time) + it->fraction;
}

/* Z, +01, +0100 or +01:00, behind a time. */
static bool take_zone(moment *it)
{
    int number;
    if (take(it, 'Z') || take(it, 'z') || (!take(it, '+') && !take(it, '-'))) {
        return true;
    }
    return take_number(it, 2, 2, &number) &&
           (take(it, ':') ? take_number(it, 2, 2, &number)
                          : !is_digit(*it->at) || take_number(it, 2, 2, &number));
}

static bool read_iso(moment *it)
{
    if (!take_number(it, 4, 4, &it->year) || !take(it, '-') || !take_number(it, 2, 2, &it->month)) {
        return false;
    }
    if (!take(it, '-')) {
        return *it->at == '\0';
    }
    if (!take_number(it, 2, 2, &it->day)) {
        return false;
    }
    if (!take(it, 'T') && !take(it, 't') && !take(it, ' ')) {
        return *it->at == '\0';
    }
    if (!take_number(it, 2, 2, &it->hour) || !take(it, ':') ||
        !take_number(it, 2, 2, &it->minute)) {
        return false;
    }
    if (take(it, ':')) {
        if (!take_number(it, 2, 2, &it->second)) {
            return false;
        }
        if (take(it, '.') || take(it, ',')) {
            take_fraction(it);
        }
    }
    take(it, ' ');
    return take_zone(it) && *it->at == '\0';
}

/* A month's name, whole or its first three letters. */
static bool take_month(moment *it)
{
    for (int m = 0; m < 12; m++) {
        size_t whole = strlen(months[m]);
        size_t length = strncasecmp(it->at, months[m], whole) == 0 ? whole
                        : strncasecmp(it->at, months[m], 3) == 0   ? 3
                                                                   : 0;
        if (length) {
            it->month = m + 1;
            it->at += length;
            return true;
        }
    }
    return false;
}

static bool take_half(moment *it)
{
    bool am = strncasecmp(it->at, "am", 2) == 0, pm = strncasecmp(it->at, "pm", 2) == 0;
    it->half = am ? 1 : 2;
    it->at += am || pm ? 2 : 0;
    return am || pm;
}

static bool take_part(moment *it, char what)
{
    switch (what) {
    case 'Y':
        return take_number(it, 4, 4, &it->year);
    case 'y':
        if (!take_number(it, 2, 2, &it->year)) {
            return false;
        }
        it->year += it->year < 69 ? 2000 : 1900; /* POSIX's century */
        return true;
    case 'm':
        return take_number(it, 1, 2, &it->month);
    case 'd':
        return take_number(it, 1, 2, &it->day);
    case 'H':
    case 'I':
        return take_number(it, 1, 2, &it->hour);
    case 'M':
        return take_number(it, 1, 2, &it->minute);
    case 'S':
        return take_number(it, 1, 2, &it->second);
    case 'f':
        take_fraction(it);
        return true;
    case 'p':
        return take_half(it);
    case 'b':
    case 'B':
        return take_month(it);
    default:
        return what == '%' && take(it, '%');
    }
}

bool reeli_is_date_format(const char *format)
{
    bool any = false;
    for (; *format; format++) {
        if (*format == '%') {
            format++;
            if (!*format || !strchr("YymdHIMSfpbB%", *format)) {
                return false;
            }
            any = any || *format != '%';
        }
    }
    return any;
}

static bool read_format(moment *it, const char *format)
{
    for (; *format && *format != '|'; format++) {
        if (*format == ' ') {
            it->at += strspn(it->at, " ");
        } else if (*format != '%' ? !take(it, *format) : !format[1] || !take_part(it, *++format)) {
            return false;
        }
    }
    if (it->half) {
        it->hour = it->hour % 12 + (it->half == 2 ? 12 : 0);
    }
    return *it->at == '\0';
}

static bool read_one(const char *text, const char *format, double *seconds)
{
    moment it = {.at = text, .year = 1970, .month = 1, .day = 1};
    bool iso = *format == '\0' || *format == '|';
    bool ok = (iso ? read_iso(&it) : read_format(&it, format)) && is_valid(&it);
    *seconds = ok ? seconds_of(&it) : (double)NAN;
    return ok;
}

bool reeli_read_date(const char *text, const char *format, double *seconds)
{
    while (!read_one(text, format, seconds)) {
        format = strchr(format, '|');
        if (!format) {
            return false;
        }
        format++;
    }
    return true;
}

reeli_date reeli_date_of(double seconds)
{
    int64_t days = (int64_t)floor(seconds / DAY), shifted = days + DAYS_BEFORE_1970;
    int64_t era = (shifted >= 0 ? shifted : shifted - DAYS_OF_400_YEARS + 1) / DAYS_OF_400_YEARS;
    int64_t of_era = shifted - era * DAYS_OF_400_YEARS;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    return (reeli_date){.year = year + era * 400 + (month >= 10),
                        .month = (int)(month < 10 ? month + 3 : month - 9),
                        .weekday = (int)(((days + 3) % 7 + 7) % 7),
                        .hour = (int)((seconds - (double)days * DAY) / 3600)};
}
