/* A disk that is watched, or that fails: loaded in front of the C library (LD_PRELOAD). For Linux with the GNU C library.
 *
 * Every call that changes something below one folder comes through here. The environment says what becomes of it:
 *
 *   DISK_FOLDER   the folder, as an absolute path without links; calls that name a file otherwise pass by
 *   DISK_LOG      a file to which every change that was made is appended, every sync of a file or folder, and what the
 *                 program said on its standard output: all of it in one order, for a lock is held over both the change and
 *                 its record
 *   DISK_CONTROL  a file of five 64-bit numbers that processes share: how many calls there were, the first and the last of
 *                 those that fail, the error, and how many have failed
 *
 * What is written through a mapped page is not seen: SQLite so writes the index of its log only, and makes it anew. Nor is
 * what is copied inside the kernel (copy_file_range, sendfile), which none of the programs does with its own files.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* More open files than any of the programs has. */
#define MOST 65536

/* What a record begins with; so many bytes follow it. */
struct head {
    uint64_t kind, file, offset, length;
};

struct control {
    uint64_t calls, first, last, error, failed;
};

/* Whether a call needs room on the disk, so that a full one may refuse it. */
enum need { NO_ROOM, ROOM };

typedef int open_call(const char *, int, ...);
typedef int openat_call(int, const char *, int, ...);
typedef ssize_t pwrite_call(int, const void *, size_t, off_t);
typedef int ftruncate_call(int, off_t);
typedef int sync_call(int);

static open_call *real_open;
static openat_call *real_openat;
static pwrite_call *real_pwrite;
static ftruncate_call *real_ftruncate;
static sync_call *real_fsync, *real_fdatasync, *real_close;
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static int (*real_rename)(const char *, const char *);
static int (*real_linkat)(int, const char *, int, const char *, int);
static int (*real_unlink)(const char *);
static int (*real_rmdir)(const char *);
static int (*real_mkdir)(const char *, mode_t);

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static const char *folder;
static size_t folder_length;
static int log_file = -1;
static struct control *control;
/* The file behind each open descriptor, if it is below the folder; 0 for all others. */
static uint64_t file_of[MOST];

/* A test that cannot see everything must not go on as if it did. */
static void give_up(const char *why)
{
    fprintf(stderr, "disk shim: %s: %s\n", why, strerror(errno));
    abort();
}

static void *real(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (!found)
        give_up(name);
    return found;
}

static void find_calls(void)
{
    *(void **)&real_open = real("open64");
    *(void **)&real_openat = real("openat64");
    *(void **)&real_pwrite = real("pwrite64");
    *(void **)&real_ftruncate = real("ftruncate64");
    *(void **)&real_fsync = real("fsync");
    *(void **)&real_fdatasync = real("fdatasync");
    *(void **)&real_close = real("close");
    *(void **)&real_write = real("write");
    *(void **)&real_writev = real("writev");
    *(void **)&real_rename = real("rename");
    *(void **)&real_linkat = real("linkat");
    *(void **)&real_unlink = real("unlink");
    *(void **)&real_rmdir = real("rmdir");
    *(void **)&real_mkdir = real("mkdir");
}

static void begin(void)
{
    find_calls();
    folder = getenv("DISK_FOLDER");
    folder_length = folder ? strlen(folder) : 0;
    const char *log_path = getenv("DISK_LOG"), *control_path = getenv("DISK_CONTROL");
    if (log_path) {
        log_file = real_open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (log_file < 0)
            give_up("the log cannot be opened");
    }
    if (control_path) {
        int fd = real_open(control_path, O_RDWR | O_CLOEXEC);
        void *shared = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (fd < 0 || shared == MAP_FAILED)
            give_up("the control file cannot be mapped");
        real_close(fd);
        control = shared;
    }
}

static void lock(void)
{
    pthread_once(&once, begin);
    pthread_mutex_lock(&mutex);
}

static void unlock(void)
{
    pthread_mutex_unlock(&mutex);
}

static int is_below(const char *path)
{
    pthread_once(&once, begin);
    return folder && path && strncmp(path, folder, folder_length) == 0
        && (path[folder_length] == '/' || path[folder_length] == '\0');
}

static uint64_t file_behind(int fd)
{
    pthread_once(&once, begin);
    return fd >= 0 && fd < MOST ? file_of[fd] : 0;
}

static uint64_t number_of(const char *path)
{
    struct stat found;
    if (stat(path, &found) != 0)
        give_up(path);
    return found.st_ino;
}

static void record(char kind, uint64_t file, uint64_t offset, const void *bytes, size_t length)
{
    if (log_file < 0)
        return;
    int before = errno;
    struct head head = {(uint64_t)kind, file, offset, length};
    struct iovec parts[2] = {{&head, sizeof head}, {(void *)bytes, length}};
    if (real_writev(log_file, parts, 2) != (ssize_t)(sizeof head + length))
        give_up("the log cannot be written");
    errno = before;
}

static void record_name(char kind, uint64_t file, const char *path)
{
    record(kind, file, 0, path, strlen(path));
}

/* Counts a call, and says whether it fails. A full disk refuses only what needs room, so only that is counted then. */
static int fails(enum need need)
{
    if (!control || (control->error == ENOSPC && need == NO_ROOM))
        return 0;
    uint64_t call = __atomic_add_fetch(&control->calls, 1, __ATOMIC_SEQ_CST);
    if (control->first == 0 || call < control->first || call > control->last)
        return 0;
    __atomic_add_fetch(&control->failed, 1, __ATOMIC_SEQ_CST);
    errno = (int)control->error;
    return 1;
}

static int open_below(int at, const char *path, int flags, mode_t mode)
{
    lock();
    struct stat before;
    int is_new = (flags & O_CREAT) && stat(path, &before) != 0, writes = (flags & O_ACCMODE) != O_RDONLY;
    int fd = writes && fails(is_new ? ROOM : NO_ROOM) ? -1 : real_openat(at, path, flags, mode);
    if (fd >= MOST)
        give_up("too many open files");
    if (fd >= 0) {
        struct stat opened;
        if (fstat(fd, &opened) != 0)
            give_up(path);
        file_of[fd] = opened.st_ino;
        if (is_new)
            record_name('c', opened.st_ino, path);
        else if (writes && (flags & O_TRUNC))
            record('t', opened.st_ino, 0, NULL, 0);
    }
    unlock();
    return fd;
}

#define MODE(flags, mode)                                                                                             \
    mode_t mode = 0;                                                                                                  \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                                            \
        va_list rest;                                                                                                 \
        va_start(rest, flags);                                                                                        \
        mode = (mode_t)va_arg(rest, int);                                                                             \
        va_end(rest);                                                                                                 \
    }

int open(const char *path, int flags, ...)
{
    MODE(flags, mode)
    return is_below(path) ? open_below(AT_FDCWD, path, flags, mode) : real_open(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    MODE(flags, mode)
    return is_below(path) ? open_below(AT_FDCWD, path, flags, mode) : real_open(path, flags, mode);
}

int openat(int at, const char *path, int flags, ...)
{
    MODE(flags, mode)
    return is_below(path) ? open_below(at, path, flags, mode) : real_openat(at, path, flags, mode);
}

int openat64(int at, const char *path, int flags, ...)
{
    MODE(flags, mode)
    return is_below(path) ? open_below(at, path, flags, mode) : real_openat(at, path, flags, mode);
}

int creat(const char *path, mode_t mode)
{
    return open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

int creat64(const char *path, mode_t mode)
{
    return open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

int close(int fd)
{
    lock();
    if (fd >= 0 && fd < MOST)
        file_of[fd] = 0;
    int done = real_close(fd);
    unlock();
    return done;
}

/* A write that fails leaves half of what it should have written, as a disk does that fills up or breaks on the way. */
static ssize_t write_below(int fd, uint64_t file, const void *bytes, size_t length, off_t offset)
{
    lock();
    int appends = offset < 0, failed = fails(ROOM), why = errno;
    size_t wanted = failed ? length / 2 : length;
    ssize_t written = appends ? real_write(fd, bytes, wanted) : real_pwrite(fd, bytes, wanted, offset);
    if (written > 0) {
        off_t at = appends ? lseek(fd, 0, SEEK_CUR) - written : offset;
        record('w', file, (uint64_t)at, bytes, (size_t)written);
    }
    if (failed) {
        written = -1;
        errno = why;
    }
    unlock();
    return written;
}

/* What is said is recorded before anybody can hear it. */
static ssize_t say(const void *bytes, size_t length)
{
    lock();
    record('o', 0, 0, bytes, length);
    ssize_t written = real_write(STDOUT_FILENO, bytes, length);
    if (log_file >= 0 && written != (ssize_t)length)
        give_up("not all could be said");
    unlock();
    return written;
}

ssize_t write(int fd, const void *bytes, size_t length)
{
    uint64_t file = file_behind(fd);
    if (file)
        return write_below(fd, file, bytes, length, -1);
    return fd == STDOUT_FILENO ? say(bytes, length) : real_write(fd, bytes, length);
}

/* It may write less than it was asked to, so the first part will do. */
ssize_t writev(int fd, const struct iovec *parts, int count)
{
    if (!file_behind(fd) && fd != STDOUT_FILENO)
        return real_writev(fd, parts, count);
    for (int part = 0; part < count; part++)
        if (parts[part].iov_len > 0)
            return write(fd, parts[part].iov_base, parts[part].iov_len);
    return 0;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
    uint64_t file = file_behind(fd);
    return file ? write_below(fd, file, bytes, length, offset) : real_pwrite(fd, bytes, length, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset)
{
    return pwrite(fd, bytes, length, offset);
}

int ftruncate(int fd, off_t length)
{
    uint64_t file = file_behind(fd);
    if (!file)
        return real_ftruncate(fd, length);
    lock();
    struct stat before;
    int grows = fstat(fd, &before) == 0 && before.st_size < length;
    int done = fails(grows ? ROOM : NO_ROOM) ? -1 : real_ftruncate(fd, length);
    if (done == 0)
        record('t', file, (uint64_t)length, NULL, 0);
    unlock();
    return done;
}

int ftruncate64(int fd, off_t length)
{
    return ftruncate(fd, length);
}

/* Where it is recorded what would be on the disk, nobody need wait for the disk. */
static int sync_below(int fd, sync_call *sync)
{
    uint64_t file = file_behind(fd);
    if (!file)
        return sync(fd);
    lock();
    int done = fails(ROOM) ? -1 : log_file >= 0 ? 0 : sync(fd);
    if (done == 0)
        record('s', file, 0, NULL, 0);
    unlock();
    return done;
}

int fsync(int fd)
{
    pthread_once(&once, begin);
    return sync_below(fd, real_fsync);
}

int fdatasync(int fd)
{
    pthread_once(&once, begin);
    return sync_below(fd, real_fdatasync);
}

int rename(const char *from, const char *to)
{
    if (!is_below(from) && !is_below(to))
        return real_rename(from, to);
    lock();
    int done = fails(ROOM) ? -1 : real_rename(from, to);
    if (done == 0) {
        size_t length = strlen(from) + 1;
        char *names = malloc(length + strlen(to));
        if (!names)
            give_up("no memory");
        memcpy(names, from, length);
        memcpy(names + length, to, strlen(to));
        record('r', 0, 0, names, length + strlen(to));
        free(names);
    }
    unlock();
    return done;
}

int linkat(int from_at, const char *from, int to_at, const char *to, int flags)
{
    if (!is_below(to)) {
        return real_linkat(from_at, from, to_at, to, flags);
    }
    lock();
    int done = fails(ROOM) ? -1 : real_linkat(from_at, from, to_at, to, flags);
    if (done == 0)
        record_name('l', number_of(to), to);
    unlock();
    return done;
}

int link(const char *from, const char *to)
{
    return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

static int remove_below(const char *path, int (*remove_it)(const char *))
{
    lock();
    int done = fails(NO_ROOM) ? -1 : remove_it(path);
    if (done == 0)
        record_name('u', 0, path);
    unlock();
    return done;
}

int unlink(const char *path)
{
    return is_below(path) ? remove_below(path, real_unlink) : real_unlink(path);
}

int rmdir(const char *path)
{
    return is_below(path) ? remove_below(path, real_rmdir) : real_rmdir(path);
}

int mkdir(const char *path, mode_t mode)
{
    if (!is_below(path))
        return real_mkdir(path, mode);
    lock();
    int done = fails(ROOM) ? -1 : real_mkdir(path, mode);
    if (done == 0)
        record_name('d', number_of(path), path);
    unlock();
    return done;
}
