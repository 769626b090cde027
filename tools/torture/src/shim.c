/*
 * Preloaded into a program: records what it does to the files under $TORTURE_DIR, and what it writes to $TORTURE_ACKS, in
 * the file $TORTURE_LOG; and makes the $TORTURE_FAIL_AT-th sync or write (as $TORTURE_FAIL says, "sync" or "write") fail.
 *
 * A record: kind (1 byte), 1 byte of nothing, length of the path (2), number of the sync (4), offset (8), length of the data (8), path,
 * data; in the machine's byte order. Kinds: W write, L set length, S a sync begins, E it has succeeded, F it (or, with number 0, a write) has failed,
 * O opened for creation, Z opened and emptied, U unlinked, R renamed (data: the new name), A acknowledgement.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAX_FD 4096

struct record {
  uint8_t kind, nothing;
  uint16_t path_length;
  uint32_t sync;
  uint64_t offset, length;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char *paths[MAX_FD];
static int appends[MAX_FD];
static const char *folder, *acks;
static int log_fd = -1;
static uint32_t syncs;
static int fail_syncs, fail_writes;
static long fail_at, reached;

#define REAL(name) \
  static __typeof__(name) *real_##name; \
  if (real_##name == NULL) real_##name = dlsym(RTLD_NEXT, #name)

static void set_up(void) {
  REAL(open);
  const char *log = getenv("TORTURE_LOG"), *fail = getenv("TORTURE_FAIL"), *at = getenv("TORTURE_FAIL_AT");
  folder = getenv("TORTURE_DIR");
  acks = getenv("TORTURE_ACKS");
  if (log == NULL || folder == NULL) return;
  fail_syncs = fail != NULL && strcmp(fail, "sync") == 0;
  fail_writes = fail != NULL && strcmp(fail, "write") == 0;
  fail_at = at == NULL ? 0 : atol(at);
  log_fd = real_open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
}

static int ours(const char *path) {
  pthread_once(&once, set_up);
  if (log_fd < 0 || path == NULL) return 0;
  return strncmp(path, folder, strlen(folder)) == 0 || (acks != NULL && strcmp(path, acks) == 0);
}

/* With the mutex held. */
static void record(char kind, const char *path, uint32_t sync, uint64_t offset, const void *data, uint64_t length) {
  REAL(writev);
  struct record head = {.kind = (uint8_t)kind, .path_length = (uint16_t)strlen(path), .sync = sync, .offset = offset, .length = length};
  struct iovec parts[3] = {{&head, sizeof head}, {(void *)path, head.path_length}, {(void *)data, length}};
  if (real_writev(log_fd, parts, 3) < 0) abort();
}

static void opened(int fd, const char *path, int flags) {
  if (fd < 0 || fd >= MAX_FD) return;
  pthread_mutex_lock(&mutex);
  free(paths[fd]);
  paths[fd] = ours(path) ? strdup(path) : NULL;
  appends[fd] = (flags & O_APPEND) != 0;
  if (paths[fd] != NULL && (flags & O_TRUNC)) record('Z', path, 0, 0, NULL, 0);
  else if (paths[fd] != NULL && (flags & O_CREAT)) record('O', path, 0, 0, NULL, 0);
  pthread_mutex_unlock(&mutex);
}

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    REAL(name); \
    va_list rest; \
    va_start(rest, flags); \
    int mode = va_arg(rest, int); \
    va_end(rest); \
    int fd = real_##name(path, flags, mode); \
    opened(fd, path, flags); \
    return fd; \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
  int name(int at, const char *path, int flags, ...) { \
    REAL(name); \
    va_list rest; \
    va_start(rest, flags); \
    int mode = va_arg(rest, int); \
    va_end(rest); \
    int fd = real_##name(at, path, flags, mode); \
    opened(fd, path, flags); \
    return fd; \
  }
OPENAT(openat)
OPENAT(openat64)

int close(int fd) {
  REAL(close);
  if (fd >= 0 && fd < MAX_FD && paths[fd] != NULL) {
    pthread_mutex_lock(&mutex);
    free(paths[fd]);
    paths[fd] = NULL;
    pthread_mutex_unlock(&mutex);
  }
  return real_close(fd);
}

static int known(int fd) { return fd >= 0 && fd < MAX_FD && paths[fd] != NULL; }
static int is_acks(int fd) { return acks != NULL && strcmp(paths[fd], acks) == 0; }

/* Whether this is the one that is to fail. With the mutex held. */
static int fails(int kind_fails) { return kind_fails && ++reached == fail_at; }

static void wrote(int fd, uint64_t offset, const void *data, ssize_t length) {
  if (length > 0) record(is_acks(fd) ? 'A' : 'W', paths[fd], 0, offset, data, (uint64_t)length);
}

ssize_t write(int fd, const void *data, size_t length) {
  REAL(write);
  if (!known(fd)) return real_write(fd, data, length);
  pthread_mutex_lock(&mutex);
  if (!is_acks(fd) && fails(fail_writes)) {
    record('F', paths[fd], 0, 0, NULL, 0);
    pthread_mutex_unlock(&mutex);
    errno = EIO;
    return -1;
  }
  uint64_t offset = (uint64_t)lseek(fd, 0, appends[fd] ? SEEK_END : SEEK_CUR);
  ssize_t written = real_write(fd, data, length);
  wrote(fd, offset, data, written);
  pthread_mutex_unlock(&mutex);
  return written;
}

#define PWRITE(name, type) \
  ssize_t name(int fd, const void *data, size_t length, type offset) { \
    REAL(name); \
    if (!known(fd)) return real_##name(fd, data, length, offset); \
    pthread_mutex_lock(&mutex); \
    if (!is_acks(fd) && fails(fail_writes)) { \
      record('F', paths[fd], 0, 0, NULL, 0); \
      pthread_mutex_unlock(&mutex); \
      errno = EIO; \
      return -1; \
    } \
    ssize_t written = real_##name(fd, data, length, offset); \
    wrote(fd, (uint64_t)offset, data, written); \
    pthread_mutex_unlock(&mutex); \
    return written; \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define FTRUNCATE(name, type) \
  int name(int fd, type length) { \
    REAL(name); \
    if (!known(fd)) return real_##name(fd, length); \
    pthread_mutex_lock(&mutex); \
    int result = real_##name(fd, length); \
    if (result == 0) record('L', paths[fd], 0, (uint64_t)length, NULL, 0); \
    pthread_mutex_unlock(&mutex); \
    return result; \
  }
FTRUNCATE(ftruncate, off_t)
FTRUNCATE(ftruncate64, off64_t)

static int synced(int fd, int (*real)(int)) {
  pthread_mutex_lock(&mutex);
  uint32_t number = ++syncs;
  record('S', paths[fd], number, 0, NULL, 0);
  int fail = fails(fail_syncs);
  if (fail) record('F', paths[fd], number, 0, NULL, 0);
  pthread_mutex_unlock(&mutex);
  if (fail) {
    errno = EIO;
    return -1;
  }
  int result = real(fd);
  pthread_mutex_lock(&mutex);
  if (known(fd)) record(result == 0 ? 'E' : 'F', paths[fd], number, 0, NULL, 0);
  pthread_mutex_unlock(&mutex);
  return result;
}

int fsync(int fd) {
  REAL(fsync);
  return known(fd) ? synced(fd, real_fsync) : real_fsync(fd);
}

int fdatasync(int fd) {
  REAL(fdatasync);
  return known(fd) ? synced(fd, real_fdatasync) : real_fdatasync(fd);
}

int rename(const char *from, const char *to) {
  REAL(rename);
  int result = real_rename(from, to);
  if (result == 0 && ours(from)) {
    pthread_mutex_lock(&mutex);
    record('R', from, 0, 0, to, strlen(to));
    pthread_mutex_unlock(&mutex);
  }
  return result;
}

int unlink(const char *path) {
  REAL(unlink);
  int result = real_unlink(path);
  if (result == 0 && ours(path)) {
    pthread_mutex_lock(&mutex);
    record('U', path, 0, 0, NULL, 0);
    pthread_mutex_unlock(&mutex);
  }
  return result;
}
