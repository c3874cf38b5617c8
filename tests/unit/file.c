/* SPDX-License-Identifier: MIT */
/* Files are written whole or not at all, whatever lies at their path, and nothing is left
 * beside. */
#include "check_reel.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <reel/reel.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64], path[128], other[128];
static reel *r;

static void set_up(void)
{
    strcpy(folder, "/tmp/reel-file-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chmod(folder, 0755), 0);
    snprintf(path, sizeof path, "%s/file", folder);
    snprintf(other, sizeof other, "%s/other", folder);
    r = quiet_reel();
}

/* How many files lie in the folder. */
static int files(void)
{
    int count = 0;
    DIR *list = opendir(folder);
    struct dirent *entry;
    while ((entry = readdir(list))) {
        count += entry->d_name[0] != '.';
    }
    closedir(list);
    return count;
}

static void tear_down(void)
{
    reel_free(r);
    unlink(path);
    unlink(other);
    ck_assert_msg(rmdir(folder) == 0, "%d files are left in %s", files(), folder);
}

static reel_status write_text(const char *where, const char *text)
{
    reel_file *file = reel_file_create(r, where);
    reel_file_write(file, text, strlen(text));
    return file ? reel_file_commit(file) : reel_error_status(r);
}

static const char *text_of(const char *where)
{
    static char text[1 << 12];
    FILE *stream = fopen(where, "rb");
    ck_assert_msg(stream != NULL, "there is no %s", where);
    text[fread(text, 1, sizeof text - 1, stream)] = '\0';
    fclose(stream);
    return text;
}

static mode_t mode_of(const char *where)
{
    struct stat status;
    ck_assert_int_eq(lstat(where, &status), 0);
    return status.st_mode;
}

static void put(const char *where, const char *text)
{
    FILE *stream = fopen(where, "wb");
    ck_assert(stream && fputs(text, stream) >= 0 && fclose(stream) == 0);
}

START_TEST(a_new_file_and_the_umask)
{
    mode_t before = umask(027);
    ck_assert_int_eq(write_text(path, "new"), REEL_OK);
    umask(before);
    ck_assert_str_eq(text_of(path), "new");
    ck_assert_uint_eq(mode_of(path), S_IFREG | 0640);
    ck_assert_int_eq(files(), 1);
}
END_TEST

START_TEST(a_replaced_file_keeps_its_permissions)
{
    static const mode_t modes[] = {0600, 0640, 0644, 0666, 0755};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        put(path, "old");
        ck_assert_int_eq(chmod(path, modes[i]), 0);
        ck_assert_int_eq(write_text(path, "new"), REEL_OK);
        ck_assert_str_eq(text_of(path), "new");
        ck_assert_uint_eq(mode_of(path), S_IFREG | modes[i]);
    }
    ck_assert_int_eq(files(), 1);
}
END_TEST

/* Until it is committed the old content is there, and after it was discarded. */
START_TEST(all_or_nothing)
{
    put(path, "old");
    reel_file *file = reel_file_create(r, path);
    ck_assert_int_eq(reel_file_write(file, "new", 3), REEL_OK);
    ck_assert_str_eq(text_of(path), "old");
    ck_assert_int_eq(files(), 2);
    reel_file_discard(file);
    ck_assert_str_eq(text_of(path), "old");
    ck_assert_int_eq(files(), 1);
    file = reel_file_create(r, path);
    reel_file_write(file, "new", 3);
    reel_free(r); /* which discards it */
    r = quiet_reel();
    ck_assert_str_eq(text_of(path), "old");
    ck_assert_int_eq(files(), 1);
}
END_TEST

START_TEST(much_and_little)
{
    enum { LARGE = 300000 };
    char *all = malloc(LARGE);
    memset(all, 'x', LARGE);
    all[LARGE - 1] = '\0';
    reel_file *file = reel_file_create(r, path);
    size_t size = 0;
    for (size_t length = 1; length < LARGE; length = length * 3 + 1) {
        ck_assert_int_eq(reel_file_print(file, "%.*s|", (int)length, all), REEL_OK);
        ck_assert_int_eq(reel_file_write(file, all, length), REEL_OK);
        size += 2 * length + 1;
    }
    ck_assert_int_eq(reel_file_commit(file), REEL_OK);
    struct stat status;
    ck_assert(stat(path, &status) == 0 && (size_t)status.st_size == size);
    ck_assert_int_eq(strncmp(text_of(path), "x|xxxxx|xxxx", 12), 0);
    free(all);
}
END_TEST

START_TEST(links_are_written_through)
{
    char third[160];
    snprintf(third, sizeof third, "%s/third", folder);
    ck_assert_int_eq(symlink("other", path), 0); /* to what is not there yet */
    ck_assert_int_eq(symlink(path, third), 0);
    ck_assert_int_eq(write_text(third, "new"), REEL_OK);
    ck_assert_str_eq(text_of(other), "new");
    ck_assert(S_ISREG(mode_of(other)) && S_ISLNK(mode_of(path)) && S_ISLNK(mode_of(third)));
    ck_assert_int_eq(write_text(third, "newer"), REEL_OK);
    ck_assert_str_eq(text_of(other), "newer");
    ck_assert_int_eq(files(), 3);
    unlink(other);
    ck_assert_int_eq(symlink("third", other), 0);
    ck_assert_int_eq(write_text(path, "x"), REEL_ERR_FILE);
    assert_error(r, REEL_ERR_FILE, "cannot be written: Too many levels of symbolic links");
    unlink(third);
}
END_TEST

START_TEST(of_hard_links_one_is_replaced)
{
    put(path, "old");
    ck_assert_int_eq(link(path, other), 0);
    ck_assert_int_eq(write_text(path, "new"), REEL_OK);
    ck_assert_str_eq(text_of(path), "new");
    ck_assert_str_eq(text_of(other), "old");
}
END_TEST

START_TEST(pipes_are_written_into)
{
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_eq(reel_file_check(r, path), REEL_OK); /* which waits for no reader */
    pid_t child = fork();
    if (child == 0) {
        _exit(strcmp(text_of(path), "into the pipe") != 0);
    }
    ck_assert_int_eq(write_text(path, "into the pipe"), REEL_OK);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert(S_ISFIFO(mode_of(path)));
    ck_assert_int_eq(files(), 1);
}
END_TEST

/* A reader that goes away is an error, and no signal. */
START_TEST(a_pipe_that_nobody_reads)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    close(ends[0]);
    char name[32];
    snprintf(name, sizeof name, "/dev/fd/%d", ends[1]);
    ck_assert_int_eq(write_text(name, "x"), REEL_ERR_FILE);
    assert_error(r, REEL_ERR_FILE, "cannot be written: Broken pipe");
    close(ends[1]);
}
END_TEST

START_TEST(devices_are_written_into)
{
    ck_assert_int_eq(write_text("/dev/null", "x"), REEL_OK);
    ck_assert(S_ISCHR(mode_of("/dev/null")));
    ck_assert_int_eq(symlink("/dev/null", path), 0);
    ck_assert_int_eq(write_text(path, "x"), REEL_OK);
    ck_assert(S_ISLNK(mode_of(path)) && S_ISCHR(mode_of("/dev/null")));
    ck_assert_int_eq(write_text("/dev/full", "x"), REEL_ERR_FILE);
    assert_error(r, REEL_ERR_FILE, "/dev/full cannot be written: No space left on device");
    ck_assert(S_ISCHR(mode_of("/dev/full")));
}
END_TEST

/* Behind what is there: a descriptor is not what its file's name is. */
START_TEST(open_descriptors_are_written_into)
{
    static const char *const names[] = {"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        put(path, "");
        pid_t child = fork();
        if (child == 0) {
            int fd = open(path, O_WRONLY);
            bool done = fd >= 0 && write(fd, "before ", 7) == 7 && dup2(fd, 1) == 1 &&
                        write_text(names[i], "within") == REEL_OK && write(1, " after", 6) == 6;
            _exit(!done);
        }
        int status;
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_int_eq(status, 0);
        ck_assert_str_eq(text_of(path), "before within after");
        ck_assert_int_eq(files(), 1);
    }
}
END_TEST

START_TEST(places_that_cannot_be_written)
{
    ck_assert_int_eq(write_text("/nowhere/file", "x"), REEL_ERR_FILE);
    assert_error(r, REEL_ERR_FILE, "/nowhere/file cannot be written: No such file or directory");
    ck_assert_int_eq(write_text(folder, "x"), REEL_ERR_FILE);
    assert_error(r, REEL_ERR_FILE, "cannot be written: it is a folder");
    ck_assert_int_eq(write_text("", "x"), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "cannot be written: the name is empty");
    ck_assert_int_eq(write_text(NULL, "x"), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "the path is NULL");
    put(path, "old");
    char below[160];
    snprintf(below, sizeof below, "%s/below", path);
    ck_assert_int_eq(reel_file_check(r, below), REEL_ERR_FILE);
    assert_error(r, REEL_ERR_FILE, "cannot be written: Not a directory");
    snprintf(below, sizeof below, "%s/new/", folder);
    ck_assert_int_eq(reel_file_check(r, below), REEL_ERR_FILE);
    assert_error(r, REEL_ERR_FILE, "cannot be written: No such file or directory");
    char *name = malloc(5000);
    memset(name, 'x', 4999);
    name[4999] = '\0';
    ck_assert_int_eq(write_text(name, "x"), REEL_ERR_FILE);
    assert_error(r, REEL_ERR_FILE, "cannot be written: File name too long");
    free(name);
    ck_assert_int_eq(files(), 1);
}
END_TEST

/* As somebody who has no rights that an administrator has. */
START_TEST(what_must_not_be_written)
{
    put(path, "old");
    ck_assert_int_eq(chmod(path, 0444), 0);
    ck_assert(geteuid() != 0 || chown(folder, 65534, 65534) == 0);
    pid_t child = fork();
    if (child == 0) {
        bool done = (geteuid() != 0 || (setgid(65534) == 0 && setuid(65534) == 0)) &&
                    write_text(path, "new") == REEL_ERR_FILE &&
                    strstr(reel_error(r), "file cannot be written: Permission denied");
        reel_clear_error(r);
        done = done && chmod(folder, 0555) == 0 && write_text(other, "new") == REEL_ERR_FILE &&
               strstr(reel_error(r), "other cannot be written: Permission denied");
        done = chmod(folder, 0755) == 0 && done;
        _exit(!done);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_str_eq(text_of(path), "old");
    ck_assert_int_eq(files(), 1);
}
END_TEST

/* SIGXFSZ would end the process. Afterwards it is as it was. */
START_TEST(files_that_become_too_large)
{
    struct rlimit before, limit;
    sigset_t mask;
    put(path, "old");
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    for (limit.rlim_cur = 0; limit.rlim_cur < 200000; limit.rlim_cur += 65536) {
        setrlimit(RLIMIT_FSIZE, &limit); /* nothing is asserted under it: Check writes files, too */
        reel_file *file = reel_file_create(r, path);
        for (int i = 0; i < 40000; i++) {
            reel_file_print(file, "a line\n");
        }
        reel_status status = reel_file_commit(file);
        setrlimit(RLIMIT_FSIZE, &before);
        ck_assert_int_eq(status, REEL_ERR_FILE);
        assert_error(r, REEL_ERR_FILE, "cannot be written: File too large");
        ck_assert_str_eq(text_of(path), "old");
        ck_assert_int_eq(files(), 1);
    }
    ck_assert(sigpending(&mask) == 0 && !sigismember(&mask, SIGXFSZ));
    ck_assert(pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0 && !sigismember(&mask, SIGXFSZ));
    ck_assert_int_eq(write_text(path, "new"), REEL_OK);
}
END_TEST

/* Writes a piece and stops; `ready` is told. */
static pid_t start_writer(void)
{
    int ready[2];
    char byte;
    ck_assert_int_eq(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        reel_file *file = reel_file_create(r, path);
        reel_file_write(file, "half", 4);
        bool told = write(ready[1], "x", 1) == 1;
        while (told) {
            pause();
        }
        _exit(1);
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return child;
}

static void end_writer(pid_t child)
{
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

START_TEST(what_the_dead_have_left_is_removed)
{
    pid_t writers[3];
    put(path, "old");
    for (int i = 0; i < 3; i++) {
        writers[i] = start_writer();
        ck_assert_int_eq(files(), 2 + i); /* of the living nothing is taken */
    }
    end_writer(writers[0]);
    end_writer(writers[2]);
    ck_assert_int_eq(files(), 4);
    ck_assert_int_eq(write_text(path, "new"), REEL_OK);
    ck_assert_int_eq(files(), 2);
    ck_assert_str_eq(text_of(path), "new");
    end_writer(writers[1]);
    ck_assert_int_eq(reel_file_check(r, path), REEL_OK);
    ck_assert_int_eq(files(), 1);
}
END_TEST

/* Two writers at once, each whole; the last one's stays. */
START_TEST(two_at_once)
{
    reel_file *a = reel_file_create(r, path), *b = reel_file_create(r, path);
    reel_file_write(a, "a", 1);
    reel_file_write(b, "bb", 2);
    ck_assert_int_eq(files(), 2);
    ck_assert_int_eq(reel_file_commit(b), REEL_OK);
    ck_assert_str_eq(text_of(path), "bb");
    ck_assert_int_eq(reel_file_commit(a), REEL_OK);
    ck_assert_str_eq(text_of(path), "a");
    ck_assert_int_eq(files(), 1);
}
END_TEST

START_TEST(the_longest_names)
{
    char name[512];
    snprintf(name, sizeof name, "%s/", folder);
    size_t head = strlen(name);
    for (size_t length = 230; length <= 255; length++) {
        for (size_t i = 0; i < length; i++) {
            name[head + i] = i % 2 ? '\xa9' : '\xc3'; /* é */
        }
        name[head + length - length % 2] = '\0';
        ck_assert_int_eq(write_text(name, "new"), REEL_OK);
        ck_assert_str_eq(text_of(name), "new");
        ck_assert_int_eq(files(), 1);
        unlink(name);
    }
}
END_TEST

START_TEST(what_comes_in_between)
{
    reel_file *file = reel_file_create(r, path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_eq(reel_file_commit(file), REEL_ERR_FILE);
    assert_error(r, REEL_ERR_FILE, "there is something else of that name by now");
    ck_assert(S_ISFIFO(mode_of(path)));
    ck_assert_int_eq(files(), 1);
}
END_TEST

START_TEST(misuse)
{
    ck_assert_int_eq(reel_file_write(NULL, "x", 1), REEL_ERR_OWNER);
    ck_assert_int_eq(reel_file_print(NULL, "x"), REEL_ERR_OWNER);
    ck_assert_int_eq(reel_file_commit(NULL), REEL_ERR_OWNER);
    reel_file_discard(NULL);
    ck_assert_ptr_null(reel_file_create(NULL, path));
    ck_assert(reel_file_check(NULL, path) != REEL_OK);
    reel_file *file = reel_file_create(r, path);
    ck_assert_int_eq(reel_file_write(file, NULL, 0), REEL_OK);
    ck_assert_int_eq(reel_file_write(file, NULL, 1), REEL_ERR_VALUE);
    reel_clear_error(r);
    ck_assert_int_eq(reel_file_write(file, "x", 1), REEL_ERR_VALUE); /* it stays failed */
    ck_assert_int_eq(reel_file_commit(file), REEL_ERR_VALUE);
    reel_clear_error(r);
    ck_assert_int_eq(files(), 0);
    file = reel_file_create(r, path);
    reel_file_discard(file);
    ck_assert_int_eq(reel_file_write(file, "x", 1), REEL_ERR_OWNER);
    assert_error(r, REEL_ERR_OWNER, "file_write: the file has been freed");
    ck_assert_int_eq(reel_file_commit(file), REEL_ERR_OWNER);
    assert_error(r, REEL_ERR_OWNER, "file_commit: the file has been freed");
    reel_narrow(reel_zeros(r, REEL_F32, REEL_SHAPE(1)), 5, 0, 1);
    ck_assert_ptr_null(reel_file_create(r, path)); /* after another error */
    reel_clear_error(r);
    reel_capture_begin(r);
    ck_assert_ptr_null(reel_file_create(r, path));
    assert_error(r, REEL_ERR_STATE, "a file cannot be written while a step is being captured");
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_new_file_and_the_umask);
    tcase_add_test(cases, a_replaced_file_keeps_its_permissions);
    tcase_add_test(cases, all_or_nothing);
    tcase_add_test(cases, much_and_little);
    tcase_add_test(cases, links_are_written_through);
    tcase_add_test(cases, of_hard_links_one_is_replaced);
    tcase_add_test(cases, pipes_are_written_into);
    tcase_add_test(cases, a_pipe_that_nobody_reads);
    tcase_add_test(cases, devices_are_written_into);
    tcase_add_test(cases, open_descriptors_are_written_into);
    tcase_add_test(cases, places_that_cannot_be_written);
    tcase_add_test(cases, what_must_not_be_written);
    tcase_add_test(cases, files_that_become_too_large);
    tcase_add_test(cases, what_the_dead_have_left_is_removed);
    tcase_add_test(cases, two_at_once);
    tcase_add_test(cases, the_longest_names);
    tcase_add_test(cases, what_comes_in_between);
    tcase_add_test(cases, misuse);
}

int main(void) { return run_suite("file", add_cases); }
