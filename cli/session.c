/* SPDX-License-Identifier: MIT */
/* The start and the end of a command, its messages, and its being interrupted. */
#include "session.h"
#include "shown_name.h"
#include "together.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MOST_THREADS = 256 };

static bool is_name(const char *of, const char *start, size_t length)
{
    return of && strncmp(of, start, length) == 0 && of[length] == '\0';
}

/* Whether the command line has a file of that name. */
static bool is_file(const options *o, const char *start, size_t length)
{
    bool is = is_name(o->test, start, length) || is_name(o->cache, start, length);
    for (int i = 0; i < o->file_count; i++) {
        is = is || is_name(o->files[i], start, length);
    }
    return is;
}

/* Without the name of the library's operation, which who has not called it does not know. Messages
 * about what a file holds begin with the file's name instead. */
static const char *without_operation(const options *o, const char *message)
{
    size_t length = strspn(message, "abcdefghijklmnopqrstuvwxyz0123456789_");
    bool named = length > 0 && strncmp(message + length, ": ", 2) == 0;
    return named && !is_file(o, message, length) ? message + length + 2 : message;
}

static void handle(void *context, reel_level level, const char *message)
{
    session *it = context;
    if (it->silent) {
        return;
    }
    message = without_operation(it->o, message);
    if (level == REEL_ERROR) {
        complain(it, "%s", message);
    } else {
        notice(it, "%s", message);
    }
}

/* Of what the machine has, as far as that is known. */
static int64_t quarter_of_memory(void)
{
#ifdef _SC_PHYS_PAGES
    const long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    if (pages > 0 && size > 0) {
        return (int64_t)pages / 4 * size;
    }
#endif
    return INT64_C(1) << 30;
}

bool session_begin(session *it, const char *name, const options *o)
{
#ifdef SIGXFSZ
    signal(SIGXFSZ, SIG_IGN); /* a file that becomes too large is an error, of gnuplot's, too */
#endif
    *it = (session){.o = o,
                    .name = name,
                    .quiet = o->quiet,
                    .memory = o->memory ? o->memory : quarter_of_memory()};
    it->complaint = it->complaint_text;
    reel_options how = {.handler = handle, .handler_context = it};
    it->r = reel_new_with(&how);
    if (!it->r) {
        return complain(it, "there is no memory to begin with");
    }
    const int64_t threads = o->threads ? o->threads : 1;
    reel_set_num_threads(it->r, threads < MOST_THREADS ? (int)threads : MOST_THREADS);
    it->together = together_join(it, o);
    return !reel_failed(it->r);
}

int session_end(session *it, int status)
{
    status = status == 0 && reel_failed(it->r) ? 1 : status;
    together_leave(it, status);
    bool failed = reel_failed(it->r);
    if (it->r) {
        reeli_text_set_free(it->r, &it->warnings);
    }
    reel_free(it->r);
    return status == 0 && failed ? 1 : status;
}

enum { MARK = 1 }; /* before a message for the parent, its kind and its text, which a NUL ends */
typedef enum kind { COMPLAINT = 'c', NOTICE = 'n', QUIET_NOTICE = 'q' } kind;

/* One line of standard error, whatever names are in it. */
static void say(const session *it, kind of, const char *text)
{
    char shown[1024];
    if (it->parent) {
        fprintf(stderr, "%c%c%s%c", MARK, of, text, 0);
    } else if (of != QUIET_NOTICE) {
        fprintf(stderr, "%s: %s%s\n", it->name, of == NOTICE ? "note: " : "",
                shown_text(text, shown, sizeof shown));
    }
}

bool complain(const session *it, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
    vsnprintf(it->complaint, sizeof it->complaint_text, format, arguments);
    va_end(arguments);
    if (!it->silent) {
        say(it, COMPLAINT, it->complaint);
    }
    return false;
}

/* Said once: the same rows are encoded to be trained on and to be predicted. */
void notice(session *it, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    bool said = reeli_text_set_find(&it->warnings, text, strlen(text)) >= 0;
    if (!said) {
        reeli_text_set_add(it->r, &it->warnings, text, strlen(text));
    }
    if (!said && !it->silent) {
        say(it, it->quiet ? QUIET_NOTICE : NOTICE, text);
    }
}

/* A message that a job's process has marked; where the text goes on. */
static const char *hear_message(session *it, const char *mark, const char *end)
{
    const char *text = mark + 2, *last = text < end ? memchr(text, 0, (size_t)(end - text)) : NULL;
    const bool was_quiet = it->quiet;
    if (!last) {
        return end;
    }
    if (mark[1] == COMPLAINT) {
        complain(it, "%s", text);
    } else {
        it->quiet = it->quiet || mark[1] == QUIET_NOTICE;
        notice(it, "%s", text);
        it->quiet = was_quiet;
    }
    return last + 1;
}

void session_hear(session *it, const char *text, size_t size)
{
    const char *end = text + size;
    while (size > 0 && text < end) {
        const char *mark = memchr(text, MARK, (size_t)(end - text));
        fwrite(text, 1, (size_t)((mark ? mark : end) - text), stderr);
        text = mark ? hear_message(it, mark, end) : end;
    }
}

static volatile sig_atomic_t caught;

static void on_interrupt(int signal)
{
    (void)signal;
    caught = 1;
}

void watch_interrupts(void)
{
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* The terminal's Ctrl-C is the parent's to pass on, and two of those are no more than one. */
void session_become_job(session *it, pid_t parent)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    it->parent = parent;
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGINT, SIG_IGN);
}

bool interrupted(session *it)
{
    bool orphaned = it->parent && getppid() != it->parent;
    return together_any(it, caught != 0 || orphaned);
}
