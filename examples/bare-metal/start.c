/* SPDX-License-Identifier: MIT */
/*
 * What a C program needs on a Cortex-M where there is no operating system: the start after a reset,
 * and the few calls that newlib makes. Input and output are the debugger's, or the emulator's, by
 * semihosting: a breakpoint with the number of a request in r0. On a board of your own, _write
 * sends to a serial line instead, and the rest may stay.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* From memory.ld. */
extern char stack_start[], stack_end[], data_in_flash[], data_start[], data_end[], bss_start[],
    bss_end[], heap_end[];

int main(int argc, char **argv);
void reset(void);

/* Semihosting: Arm's numbers. */
enum { OPEN = 0x01, WRITE = 0x05, GET_COMMAND_LINE = 0x15, EXIT = 0x20 };
enum { MODE_WRITE = 4, MODE_APPEND = 8 }; /* of the console: standard output and standard error */
enum { FINISHED = 0x20026 };

static uintptr_t request(uintptr_t number, const uintptr_t *arguments)
{
    register uintptr_t r0 __asm__("r0") = number;
    register const uintptr_t *r1 __asm__("r1") = arguments;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static void fault(void) { _Exit(70); }

__attribute__((section(".vectors"), used)) static const void *const vectors[] = {
    stack_end,     (void *)reset, (void *)fault, (void *)fault,
    (void *)fault, (void *)fault, (void *)fault};

/* newlib's calls. */
void _exit(int status);
int _write(int file, const char *bytes, int count);
void *_sbrk(ptrdiff_t more);
int _read(int file, char *bytes, int count);
int _close(int file);
int _lseek(int file, int offset, int whence);
int _fstat(int file, struct stat *status);
int _isatty(int file);
int _kill(int process, int signal);
int _getpid(void);

void _exit(int status)
{
    request(EXIT, (uintptr_t[]){FINISHED, (uintptr_t)status});
    for (;;) {
    }
}

int _write(int file, const char *bytes, int count)
{
    static uintptr_t console[2];
    const int errors = file == 2;
    if (!console[errors]) {
        console[errors] =
            request(OPEN, (uintptr_t[]){(uintptr_t) ":tt", errors ? MODE_APPEND : MODE_WRITE, 3});
    }
    return count -
           (int)request(WRITE, (uintptr_t[]){console[errors], (uintptr_t)bytes, (uintptr_t)count});
}

static char *heap = bss_end;

void *_sbrk(ptrdiff_t more)
{
    char *block = heap;
    if (more > heap_end - heap) {
        errno = ENOMEM;
        return (void *)-1;
    }
    heap += more;
    return block;
}

int _read(int file, char *bytes, int count)
{
    (void)file, (void)bytes, (void)count;
    return 0;
}

int _close(int file)
{
    (void)file;
    return -1;
}

int _lseek(int file, int offset, int whence)
{
    (void)file, (void)offset, (void)whence;
    return 0;
}

int _fstat(int file, struct stat *status)
{
    (void)file;
    status->st_mode = S_IFCHR;
    return 0;
}

int _isatty(int file)
{
    (void)file;
    return 1;
}

int _kill(int process, int signal)
{
    (void)process, (void)signal;
    return -1;
}

int _getpid(void) { return 1; }

/* The command line's words; returns how many. */
static int words(char *line, size_t size, char **argv, int most)
{
    int count = 0;
    if (request(GET_COMMAND_LINE, (uintptr_t[]){(uintptr_t)line, size}) == 0) {
        for (char *word = strtok(line, " "); word && count < most; word = strtok(NULL, " ")) {
            argv[count++] = word;
        }
    }
    return count;
}

#ifdef REPORT_MEMORY
#include <stdio.h>

/* How much of the stack was ever in use: what no longer holds the pattern. */
enum { PATTERN = 0xA5 };

static void report(void)
{
    const char *unused = stack_start;
    while (*unused == (char)PATTERN) {
        unused++;
    }
    fprintf(stderr, "memory: flash %d, RAM %d = data %d + heap %d + stack %d\n",
            (int)(data_in_flash + (data_end - data_start) - (char *)0),
            (int)((heap - data_start) + (stack_end - unused)), (int)(bss_end - data_start),
            (int)(heap - bss_end), (int)(stack_end - unused));
}
#endif

void reset(void)
{
    static char line[128];
    char *argv[8] = {NULL};
#ifdef __ARM_FP /* the floating-point unit is off after a reset */
    volatile uint32_t *const coprocessors = (uint32_t *)0xE000ED88;
    *coprocessors |= 0xFU << 20;
    __asm__ volatile("dsb\n\tisb");
#endif
    memcpy(data_start, data_in_flash, (size_t)(data_end - data_start));
    memset(bss_start, 0, (size_t)(bss_end - bss_start));
#ifdef REPORT_MEMORY
    memset(stack_start, PATTERN, (size_t)((char *)__builtin_frame_address(0) - stack_start) - 256);
    atexit(report);
#endif
    exit(main(words(line, sizeof line, argv, 7), argv));
}
