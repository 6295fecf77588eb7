/* The input and output of the stand-in: real, small, at a pace. */
#define _GNU_SOURCE
#include "work.h"
#include "options.h"
#ifdef ALONE
#include <stdlib.h>
#include <string.h>
#include "alone.h"
#else
#include <mpi.h>
#endif
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int rank, ranks, nodes;
char *node_map;

/* What a rank wrote in the phase of writing, which the others go through again. */
static long written[2];

const char *setting(const char *variable) {
  const char *value = getenv(variable);
  if (value) return value;
  static char text[4096];
  char path[PATH_MAX + 8];
  ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);
  strcpy(path + (length > 0 ? length : 0), ".conf");
  FILE *file = fopen(path, "r");
  size_t name = strlen(variable);
  const char *found = NULL;
  while (file && !found && fgets(text, sizeof text, file)) {
    text[strcspn(text, "\n")] = 0;
    if (!strncmp(text, variable, name) && text[name] == '=') found = text + name + 1;
  }
  if (file) fclose(file);
  return found;
}

static double number(const char *variable, double fallback) {
  const char *value = setting(variable);
  return value ? atof(value) : fallback;
}

static double real(void) {
  struct timespec at;
  clock_gettime(CLOCK_REALTIME, &at);
  return at.tv_sec + at.tv_nsec / 1e9;
}

static double speed(void) {
  static double known;
  return known ? known : (known = number("STANDIN_SPEED", 1));
}

double now(void) {
  static double begun;
  if (!begun) begun = real();
  return begun + (real() - begun) * speed();
}

static void sleep_until(double at) {
  double left = (at - now()) / speed();
  if (left > 0) usleep(left * 1e6);
}

void make_directories(const char *dir) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/", dir);
  for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    if (mkdir(path, 0700) && errno != EEXIST) fatal("Couldn't create directory %s/ (Error: %s)", path, strerror(errno));
    *slash = '/';
  }
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *at) {
  (void)stat, (void)type, (void)at;
  return remove(path), 0;
}

void remove_tree(const char *dir) { nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

static struct found seen;

static int look(const char *path, const struct stat *stat, int type, struct FTW *at) {
  seen.total++;
  if (type == FTW_F && stat->st_size == 3901 && strstr(path + at->base, "01")) seen.found++;
  return 0;
}

struct found find(const char *dir) {
  seen = (struct found){0, 0};
  nftw(dir, look, 16, FTW_PHYS);
  return seen;
}

/* `KIND:PHASE`: kill, segv, abort, fatal, enospc or hang; `zero` is the caller's. */
void fault(const char *phase, FILE *text) {
  const char *asked = setting("STANDIN_FAULT"), *colon = asked ? strchr(asked, ':') : NULL;
  if (!colon || strcmp(colon + 1, phase)) return;
  if (!strncmp(asked, "hang", 4))
    for (;;) pause();
  if (!strncmp(asked, "fatal", 5)) fatal("Told to fail in %s", phase);
  if (rank != ranks - 1) return;
  if (!strncmp(asked, "kill", 4)) raise(SIGKILL);
  if (!strncmp(asked, "segv", 4)) raise(SIGSEGV);
  if (!strncmp(asked, "abort", 5)) MPI_Abort(MPI_COMM_WORLD, -1);
  (void)text;
}

/* Says it where io500 does: in the text of the phase (its first rank) and on stdout, and aborts. */
static void failed_write(int fd, long size, long written_bytes, long offset, int error, FILE *text) {
  char line[300];
  snprintf(line, sizeof line, "WARNING: write(%d, 0x7f3aa2dfd000, %ld) failed %s\nWARNING: task %d, partial write(), %ld of %ld bytes at offset %ld\n",
           fd, size, strerror(error), rank, written_bytes, size, offset);
  fputs(line, text ? text : stdout);
  fflush(text ? text : stdout);
  fprintf(stderr, "io500: a write failed: %s\n", strerror(error));
  fflush(stderr);
  abort();
}

static void put(int fd, const char *buffer, long size, long offset, const char *phase, FILE *text) {
  const char *asked = setting("STANDIN_FAULT");
  int is_full = asked && !strncmp(asked, "enospc:", 7) && !strcmp(asked + 7, phase);
  ssize_t done = is_full ? -1 : pwrite(fd, buffer, size, offset);
  if (done != size) failed_write(fd, size, done, offset, is_full || done >= 0 ? ENOSPC : errno, text);
}

static int open_or_die(const char *path, int flags) {
  int fd = open(path, flags, 0664);
  if (fd >= 0) return fd;
  printf("ERROR: open64(\"%s\", %d) failed: %s, (standin)\n", path, flags, strerror(errno));
  fflush(stdout);
  MPI_Abort(MPI_COMM_WORLD, -1);
  return fd;
}

static int is_write(enum work what) { return what == EASY_WRITE || what == HARD_WRITE || what == MD_WRITE; }
static int is_metadata(enum work what) { return what >= MD_WRITE; }

struct place {
  enum work what;
  const char *phase, *dir;
  long size;
  char *buffer;
  /* Of an IOR; and whose files a rank of mdtest goes through: its neighbour's, once they are written. */
  int fd, whose;
  FILE *text;
};

static void one(const struct place *at, long item) {
  char path[PATH_MAX];
  if (!is_metadata(at->what)) {
    long offset = at->what == HARD_WRITE || at->what == HARD_READ ? (item * ranks + at->whose) * at->size : item * at->size;
    if (is_write(at->what)) put(at->fd, at->buffer, at->size, offset, at->phase, at->text);
    else if (pread(at->fd, at->buffer, at->size, offset) < 0) fatal("Couldn't read %s", at->dir);
    return;
  }
  /* From 100 on: `find` looks for 01. */
  if (strstr(at->phase, "easy")) snprintf(path, sizeof path, "%s/mdtest_tree.%d.0/file.mdtest.%d.%ld", at->dir, at->whose, at->whose, item + 100);
  else snprintf(path, sizeof path, "%s/mdtest_tree.0/file.mdtest.%d.%ld", at->dir, at->whose, item + 100);
  struct stat stat_of;
  if (at->what == MD_STAT) (void)!stat(path, &stat_of);
  else if (at->what == MD_DELETE) unlink(path);
  else {
    int fd = open_or_die(path, at->what == MD_WRITE ? O_CREAT | O_WRONLY : O_RDONLY);
    if (at->what == MD_WRITE) {
      if (at->size) put(fd, at->buffer, at->size, 0, at->phase, at->text);
    } else (void)!read(fd, at->buffer, at->size);
    close(fd);
  }
}

static struct place open_place(enum work what, const char *phase, const char *dir, long size, FILE *text) {
  struct place at = {what, phase, dir, size, calloc(1, size + 1), -1, rank, text};
  if (!is_write(what)) at.whose = (rank + 1) % ranks;
  char path[PATH_MAX];
  snprintf(path, sizeof path, strstr(phase, "easy") ? "%s/mdtest_tree.%d.0" : "%s/mdtest_tree.0", dir, rank);
  if (what == MD_WRITE) make_directories(path);
  if (is_metadata(what)) return at;
  if (what == HARD_WRITE || what == HARD_READ) snprintf(path, sizeof path, "%s/file", dir);
  else snprintf(path, sizeof path, "%s/ior_file_easy.%08d", dir, at.whose);
  at.fd = open_or_die(path, is_write(what) ? O_CREAT | O_WRONLY : O_RDONLY);
  return at;
}

/* Where a phase of writing keeps how much it wrote: of those that the phases after it go through again. */
static long *kept(enum work what, const char *phase) {
  static long easy, hard;
  return is_metadata(what) ? &written[strstr(phase, "hard") != NULL] : what == HARD_WRITE || what == HARD_READ ? &hard : &easy;
}

struct done work(enum work what, const char *phase, const char *dir, long limit, long size, double stonewall, FILE *text) {
  struct place at = open_place(what, phase, dir, size, text);
  long items = number("STANDIN_ITEMS", 64);
  long own = stonewall ? limit : *kept(what, phase);
  /* The ranks differ a little, so that there is something to wear out. */
  double length = stonewall ? stonewall : number("STANDIN_OTHER_MS", 200) / 1000 * speed();
  double pace = length / (stonewall ? items - rank % 4 : own ? own : 1);
  struct done done = {0};
  MPI_Barrier(MPI_COMM_WORLD);
  double begun = now();
  long item = 0;
  for (; item < own && !(stonewall && now() - begun >= stonewall); item++) {
    if (item == items / 4) fault(phase, text);
    one(&at, item);
    sleep_until(begun + (item + 1) * pace);
  }
  if (stonewall) {
    done.least = done.most = item;
    done.stonewall_items = item;
    done.stonewall_seconds = now() - begun;
    MPI_Allreduce(MPI_IN_PLACE, &done.least, 1, MPI_LONG, MPI_MIN, MPI_COMM_WORLD);
    MPI_Allreduce(MPI_IN_PLACE, &done.most, 1, MPI_LONG, MPI_MAX, MPI_COMM_WORLD);
    MPI_Allreduce(MPI_IN_PLACE, &done.stonewall_items, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    for (; item < done.most; item++) one(&at, item);
    if (is_write(what)) *kept(what, phase) = item;
  }
  if (at.fd >= 0 && is_write(what)) fsync(at.fd);
  if (at.fd >= 0) close(at.fd);
  free(at.buffer);
  done.items = item;
  done.seconds = done.own_seconds = now() - begun;
  MPI_Allreduce(MPI_IN_PLACE, &done.items, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  MPI_Allreduce(MPI_IN_PLACE, &done.seconds, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  return done;
}
