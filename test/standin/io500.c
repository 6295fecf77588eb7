/*
 * Behaves as io500 does to whoever starts, follows and reads it; what it measures says nothing. Of our own making, for tests.
 * Its settings are environment variables, or lines of NAME.conf beside it:
 *   STANDIN_SPEED=100       its clock runs that much faster: a stonewall of 300 s takes three
 *   STANDIN_ITEMS=64        calls of a rank in a stonewalled phase, at most
 *   STANDIN_OTHER_MS=200    how long any other phase takes, in real milliseconds
 *   STANDIN_FAULT=KIND:PHASE   kill | segv | abort | fatal | enospc | hang | zero, in that phase
 *   STANDIN_SLOW_START_MS=  before it writes anything
 *   STANDIN_REFUSE=mpirun   fails where mpirun starts it, as a program that was built for srun does
 * Compiled with -DALONE it is one process of one, whatever starts it.
 */
#define _GNU_SOURCE
#include "options.h"
#include "work.h"
#ifdef ALONE
#include <stdlib.h>
#include <string.h>
#include "alone.h"
#else
#include <mpi.h>
#endif
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define VERSION "io500-standin_v1"
#define FILE_SIZE 3901
#define HARD_SIZE 47008

enum group { NONE, MD, BW };

static const struct phase {
  const char *name, *base;
  enum group group;
  /* What its `work` is; -1 find, -2 timestamp, -3 of mdworkbench */
  int what;
  int is_extended;
} phases[] = {
    {"ior-easy-write", "ior-easy", BW, EASY_WRITE, 0},
    {"mdtest-easy-write", "mdtest-easy", MD, MD_WRITE, 0},
    {"mdworkbench-create", "mdworkbench", NONE, -3, 1},
    {"timestamp", NULL, NONE, -2, 0},
    {"find-easy", NULL, MD, -1, 1},
    {"ior-hard-write", "ior-hard", BW, HARD_WRITE, 0},
    {"mdtest-hard-write", "mdtest-hard", MD, MD_WRITE, 0},
    {"find", NULL, MD, -1, 0},
    {"find-hard", NULL, MD, -1, 1},
    {"mdworkbench-bench", "mdworkbench", MD, -3, 1},
    {"ior-easy-read", "ior-easy", BW, EASY_READ, 0},
    {"mdtest-easy-stat", "mdtest-easy", MD, MD_STAT, 0},
    {"ior-hard-read", "ior-hard", BW, HARD_READ, 0},
    {"mdtest-hard-stat", "mdtest-hard", MD, MD_STAT, 0},
    {"mdworkbench-delete", "mdworkbench", NONE, -3, 1},
    {"mdtest-easy-delete", "mdtest-easy", MD, MD_DELETE, 0},
    {"mdtest-hard-read", "mdtest-hard", MD, MD_READ, 0},
    {"mdtest-hard-delete", "mdtest-hard", MD, MD_DELETE, 0},
    {"ior-rnd4K-easy-read", "ior-easy", NONE, RANDOM_READ, 0},
};
#define PHASES (sizeof phases / sizeof *phases)

static char data_dir[PATH_MAX], result_dir[PATH_MAX], timestamp[64], machine[64];
static FILE *result, *summary;
static int is_dry, is_extended, is_valid = 1, is_valid_extended = 1, is_valid_phase;
static double scores[PHASES];

void fatal(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  printf("FATAL (src/standin.c:1) ");
  vprintf(format, arguments);
  printf("\n");
  va_end(arguments);
  fflush(stdout);
  exit(1);
}

static void say(const char *format, ...) {
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  vprintf(format, arguments);
  vfprintf(summary, format, again);
  va_end(arguments);
}

/* A line of result.txt, there at once. */
static void key(const char *name, const char *format, ...) {
  if (rank) return;
  va_list arguments;
  va_start(arguments, format);
  fprintf(result, "%-15s = ", name);
  vfprintf(result, format, arguments);
  fprintf(result, "\n");
  fflush(result);
  va_end(arguments);
}

static void invalid(const char *format, ...) {
  if (rank) return;
  char text[300];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  printf("ERROR INVALID (src/standin.c:2) %s\n", text);
  fprintf(result, "; ERROR INVALID %s\n", text);
  fflush(result);
  is_valid_phase = 0;
}

static const char *when(const char *format, double at) {
  static char text[80];
  time_t seconds = at;
  strftime(text, sizeof text, format, localtime(&seconds));
  return text;
}
#define LOCAL_TIME "%Y-%m-%d %H:%M:%S"

static FILE *open_result(const char *phase, const char *extension) {
  char path[PATH_MAX + 80];
  snprintf(path, sizeof path, "%s/%s%s", result_dir, phase, extension);
  FILE *file = fopen(path, "w");
  if (!file) fatal("Could not open \"%s\" for writing (%s)", path, strerror(errno));
  return file;
}

static void file_system(FILE *to, const char *dir) {
  struct statvfs fs;
  if (statvfs(dir, &fs)) return;
  fprintf(to, "FS                  : %.1f GiB   Used FS: %.1f%%   Inodes: %.1f Mi   Used Inodes: %.1f%%\n", fs.f_blocks * 1.0 * fs.f_frsize / (1 << 30),
          100.0 * (fs.f_blocks - fs.f_bfree) / fs.f_blocks, fs.f_files / 1048576.0, fs.f_files ? 100.0 * (fs.f_files - fs.f_ffree) / fs.f_files : 0);
}

/* 2 MiB, 47008 bytes */
static const char *amount(double bytes) {
  static char text[40];
  const char *units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB"};
  int unit = 0;
  double value = bytes;
  for (; value >= 1024 && unit < 5; unit++) value /= 1024;
  if (unit && value != (long)value && bytes < 1e6) value = bytes, unit = 0;
  snprintf(text, sizeof text, value == (long)value ? "%.0f %s" : "%.2f %s", value, units[unit]);
  return text;
}

/* IOR writes large numbers without decimals. */
static const char *figure(double value) {
  static char texts[12][24];
  static int next;
  char *text = texts[next++ % 12];
  snprintf(text, 24, value >= 3600 ? "%.0f" : value < 1 ? "%.6f" : "%.2f", value);
  return text;
}

static void ior_begin(FILE *to, const struct phase *phase, const char *exe, const char *file, long size, long block, long segments, int wall) {
  double at = now();
  int is_easy = phase->what == EASY_WRITE || phase->what == EASY_READ || phase->what == RANDOM_READ;
  fprintf(to, "IOR-4.1.0+standin: MPI Coordinated Test of Parallel I/O\nBegan               : %s\n", when("%a %b %e %H:%M:%S %Y", at));
  fprintf(to, "Command line        : %s\nMachine             : Linux %s\nTestID              : 0\n", exe, machine);
  fprintf(to, "StartTime           : %s\nPath                : %s%s\n", when("%a %b %e %H:%M:%S %Y", at), file, is_easy ? ".00000000" : "");
  file_system(to, data_dir);
  fprintf(to, "\nOptions: \napi                 : POSIX\napiVersion          : \ntest filename       : %s\n", file);
  fprintf(to, "access              : %s\ntype                : independent\nsegments            : %ld\n", is_easy ? "file-per-process" : "single-shared-file", segments);
  fprintf(to, "ordering in a file  : %s\nordering inter file : constant task offset\ntask offset         : 1\n", phase->what == RANDOM_READ ? "random" : "sequential");
  fprintf(to, "nodes               : %d\ntasks               : %d\nclients per node    : %d\n", nodes, ranks, ranks / nodes);
  fprintf(to, "memoryBuffer        : CPU\ndataAccess          : CPU\nGPUDirect           : 0\nrepetitions         : 1\n");
  fprintf(to, "xfersize            : %s\n", amount(size));
  fprintf(to, "blocksize           : %s\n", amount(block));
  fprintf(to, "aggregate filesize  : %s\n", amount(1.0 * block * segments * ranks));
  if (wall) fprintf(to, "stonewallingTime    : %d\nstoneWallingWearOut : 1\n", wall);
  fprintf(to, "\nResults: \n\naccess    bw(MiB/s)  IOPS       Latency(s)  block(KiB) xfer(KiB)  open(s)    wr/rd(s)   close(s)   total(s)   iter\n");
  fprintf(to, "------    ---------  ----       ----------  ---------- ---------  --------   --------   --------   --------   ----\n");
  fflush(to);
}

static void ior_end(FILE *to, const char *access, struct done done, long size, long block, long segments) {
  double gib = 1 << 30, bytes = done.items * size, expected = 1.0 * block * segments * ranks;
  if (done.stonewall_seconds)
    fprintf(to, "stonewalling pairs accessed min: %ld max: %ld -- min data: %.1f GiB mean data: %.1f GiB time: %.1fs\n", done.least, done.most,
            done.least * size / gib, done.stonewall_items / ranks * size / gib, done.stonewall_seconds);
  if (bytes < expected) {
    fprintf(to, "WARNING: Expected aggregate file size       = %.0f\nWARNING: Stat() of aggregate file size      = %.0f\n", expected, bytes);
    fprintf(to, "WARNING: Using actual aggregate bytes moved = %.0f\n", bytes);
    if (done.stonewall_seconds) fprintf(to, "WARNING: Maybe caused by deadlineForStonewalling\n");
  }
  fprintf(to, "%-9s %-10s %-10s %-11.6f %-10s %-10s %-10.6f %-10s %-10.6f %-10s %-4d\n", access, figure(bytes / 1048576 / done.seconds), figure(done.items / done.seconds),
          done.seconds / (done.items / ranks), figure(block / 1024.0), figure(size / 1024.0), 0.0001, figure(done.seconds), 0.00005, figure(done.seconds), 0);
}

static void mdtest_text(FILE *to, const char *exe, const char *dir, const char *row, double rate, long items, double seconds, int is_end) {
  static const char *rows[] = {"File creation", "File stat", "File read", "File removal", "Tree creation", "Tree removal"};
  if (!is_end) {
    fprintf(to, "-- started at %s --\n\nmdtest-4.1.0+standin was launched with %d total task(s) on %d node(s)\n", when("%m/%d/%Y %H:%M:%S", now()), ranks, nodes);
    fprintf(to, "Command line used: %s\nNodemap: %s\nPath                : %s\n", exe, node_map, dir);
    file_system(to, data_dir);
    fprintf(to, "%d tasks, %ld files\n", ranks, items);
    fflush(to);
    return;
  }
  for (int table = 0; table < 2; table++) {
    fprintf(to, "\nSUMMARY %s: (of 1 iterations)\n   Operation                     Max            Min           Mean        Std Dev\n", table ? "time (in ms/op)" : "rate (in ops/sec)");
    fprintf(to, "   ---------                     ---            ---           ----        -------\n");
    for (int i = 0; i < 6; i++) {
      double value = strcmp(rows[i], row) ? 0 : table ? seconds : rate;
      fprintf(to, "   %-22s %14.3f %14.3f %14.3f %14.3f\n", rows[i], value, value, value, 0.0);
    }
  }
  fprintf(to, "-- finished at %s --\n\n", when("%m/%d/%Y %H:%M:%S", now()));
}

/* The table of the ranks. */
static void per_rank(const char *phase, const char *header, const char *row, double own) {
  double *all = calloc(ranks, sizeof *all);
  MPI_Gather(&own, 1, MPI_DOUBLE, all, 1, MPI_DOUBLE, 0, MPI_COMM_WORLD);
  if (!rank) {
    FILE *csv = open_result(phase, ".csv");
    fprintf(csv, "%s\n", header);
    for (int i = 0; i < ranks; i++) fprintf(csv, row, i, all[i], all[i]), fputc('\n', csv);
    fclose(csv);
  }
  free(all);
}

/* Upstream's backends that are not compiled into this one. */
static void check_api(const char *api) {
  if (!api || !strncmp(api, "POSIX", 5)) return;
  if (!strncmp(api, "MPIIO", 5)) return;
  raise(SIGSEGV);
}

static double run_ior(const struct phase *phase) {
  int is_writing = phase->what == EASY_WRITE || phase->what == HARD_WRITE, is_random = phase->what == RANDOM_READ;
  int is_hard = phase->what == HARD_WRITE || phase->what == HARD_READ;
  long size = is_random ? 4096 : is_hard ? HARD_SIZE : option_size("ior-easy", "transferSize");
  long block = is_random || is_hard ? size : option_size("ior-easy", "blockSize");
  long segments = is_random ? 10000000 : is_hard ? option_number("ior-hard", "segmentCount") : 1;
  int wall = is_writing || is_random ? option_number("debug", "stonewall-time") : 0;
  char dir[PATH_MAX + 16], file[PATH_MAX + 64], exe[PATH_MAX * 2], wall_option[64] = "-R";
  check_api(option(phase->base, "API"));
  if (wall) snprintf(wall_option, sizeof wall_option, "-D %d -O stoneWallingWearOut=1", wall);
  snprintf(dir, sizeof dir, "%s/%s", data_dir, phase->base);
  snprintf(file, sizeof file, "%s/%s", dir, is_hard ? "file" : "ior_file_easy");
  snprintf(exe, sizeof exe, "./ior --dataPacketType=timestamp -g -G 1 -k -e -o %s -C -Q 1 -t %ld -b %ld -s %ld %s%s %s -a POSIX", file, size, block, segments, is_hard ? "" : "-F ", is_writing ? "-w" : "-r",
           wall_option);
  key("exe", "%s", exe);
  if (is_dry) return 0;
  if (block % size) {
    if (!rank) printf("ERROR: block size must be a multiple of transfer size, (standin)\n"), fflush(stdout);
    MPI_Abort(MPI_COMM_WORLD, -1);
  }
  if (!rank) make_directories(dir);
  MPI_Barrier(MPI_COMM_WORLD);
  FILE *text = rank ? NULL : open_result(phase->name, ".txt");
  if (text) ior_begin(text, phase, exe, file, size, block, segments, wall);
  struct done done = work(phase->what, phase->name, dir, block / size * segments, size, wall, text);
  double gib = done.items * size / (1 << 30);
  if (text) ior_end(text, is_writing ? "write" : "read", done, size, block, segments), fclose(text);
  per_rank(phase->name, "access,rank,runtime-with-openclose,runtime,throughput-withopenclose,throughput", is_writing ? "write,%d,%.10e,%.10e,1.0e+06,1.0e+06" : "read,%d,%.10e,%.10e,1.0e+06,1.0e+06", done.own_seconds);
  if (is_writing) {
    if (done.seconds < wall) invalid("Write phase needed %fs instead of stonewall %ds. Stonewall was hit at %.1fs", done.seconds, wall, done.stonewall_seconds);
    key("throughput-stonewall", "%.2f", done.stonewall_items * size / (1 << 30) / done.stonewall_seconds);
  }
  return gib / done.seconds;
}

static double run_mdtest(const struct phase *phase) {
  static const char *rows[] = {"File creation", "File stat", "File read", "File removal"};
  const char *row = rows[phase->what - MD_WRITE];
  int is_hard = strstr(phase->name, "hard") != NULL, is_writing = phase->what == MD_WRITE;
  const char *per_dir = is_hard ? option("mdtest-hard", "files-per-dir") : NULL;
  long n = option_number(phase->base, "n"), wall = is_writing && !per_dir ? option_number("debug", "stonewall-time") : 0;
  char dir[PATH_MAX + 16], tree[PATH_MAX + 64], exe[PATH_MAX * 2], wall_option[64] = "-T";
  const char *api = option("global", "api");
  check_api(option(phase->base, "API"));
  snprintf(dir, sizeof dir, "%s/%s", data_dir, phase->base);
  if (wall) snprintf(wall_option, sizeof wall_option, "-C -Y -W %ld", wall);
  snprintf(tree, sizeof tree, "%s/test-dir.0-0", dir);
  snprintf(exe, sizeof exe, "./mdtest --dataPacketType=timestamp -n %ld %s -P -G 1 -N 1 -F -d %s %s -a POSIX", n, is_hard ? "-t -w 3901 -e 3901" : "-u -L", dir, wall_option);
  key("exe", "%s", exe);
  if (is_dry) return 0;
  if (!strncmp(api, "MPIIO", 5)) {
    if (!rank) printf("ERROR: Backend doesn't support MDTest, (standin)\n"), fflush(stdout);
    MPI_Abort(MPI_COMM_WORLD, -1);
  }
  if (!rank) make_directories(tree);
  MPI_Barrier(MPI_COMM_WORLD);
  FILE *text = rank ? NULL : open_result(phase->name, ".txt");
  if (text) mdtest_text(text, exe, dir, row, 0, n * ranks, 0, 0);
  struct done done = work(phase->what, phase->name, tree, n, is_hard ? FILE_SIZE : 0, wall ? wall : per_dir && is_writing ? 1e-3 : 0, text);
  double rate = done.items / done.seconds;
  if (text) mdtest_text(text, exe, dir, row, rate, n * ranks, done.seconds, 1), fclose(text);
  per_rank(phase->name, "rank,items,rate,time", "%d,,%.10e,%.10e", done.own_seconds);
  if (is_writing && wall) key("rate-stonewall", "%f", done.stonewall_items / done.stonewall_seconds / 1000);
  return rate / 1000;
}

static double run_find(const struct phase *phase) {
  char dir[PATH_MAX + 16];
  snprintf(dir, sizeof dir, "%s%s", data_dir, !strcmp(phase->name, "find") ? "" : strstr(phase->name, "easy") ? "/mdtest-easy" : "/mdtest-hard");
  key("exe", "./pfind %s -newer %s/timestampfile -size 3901c -name *01* -C -q 10000", dir, result_dir);
  if (is_dry) return 0;
  double begun = now();
  struct found found = {0};
  if (!rank) found = find(dir);
  fault(phase->name, NULL);
  usleep(100e3);
  MPI_Barrier(MPI_COMM_WORLD);
  double seconds = now() - begun;
  key("nproc", "%d", ranks);
  key("found", "%ld", found.found);
  key("total-files", "%ld", found.total);
  if (!strcmp(phase->name, "find") && !found.found) invalid("Find did not find any file");
  return found.total / seconds / 1000;
}

static double run_phase(const struct phase *phase) {
  if (phase->what == -2) {
    if (!rank) fclose(open_result("timestampfile", ""));
    return 0;
  }
  if (phase->what == -1) return run_find(phase);
  if (phase->what == -3) {
    key("exe", "./md-workbench -a POSIX -o=%s/mdworkbench", data_dir);
    usleep(100e3);
    return is_dry ? 0 : 1.5;
  }
  return phase->what >= MD_WRITE ? run_mdtest(phase) : run_ior(phase);
}

static int is_run(const struct phase *phase, int is_cleanup) {
  if (phase->is_extended && !is_extended) return 0;
  if (is_cleanup) return phase->what == MD_DELETE;
  if (phase->base && !option_on(phase->base, "run")) return 0;
  return !option(phase->name, "run") || option_on(phase->name, "run");
}

/* The rules of time of the phases that write. */
static void judge(const struct phase *phase, double score, double seconds) {
  int is_writing = phase->what == EASY_WRITE || phase->what == HARD_WRITE || phase->what == MD_WRITE;
  int wall = option_number("debug", "stonewall-time"), least = option_on("global", "scc") ? 30 : 300;
  if (!is_dry) {
    if (is_writing && seconds < wall) invalid("Runtime of phase (%f) is below stonewall time. This shouldn't happen!", seconds);
    else if (score == 0 && phase->what != -2) invalid("Resulting score shouldn't be 0.0");
  }
  if (is_writing && seconds < least) invalid("Runtime is smaller than expected minimum runtime");
}

static void score_of(const char *section, const char *tag, int is_extended_score, uint32_t hash, int valid) {
  double group_score[3] = {0}, total = 1;
  static const char *names[] = {"", "MD", "BW"};
  fprintf(result, "\n[%s]\n", section);
  for (enum group group = MD; group <= BW; group++) {
    double product = 1;
    int count = 0;
    for (size_t i = 0; i < PHASES; i++)
      if (phases[i].group == group && (is_extended_score || !phases[i].is_extended) && scores[i] > 0) product *= scores[i], count++;
    group_score[group] = count ? pow(product, 1.0 / count) : 0;
    total *= group_score[group];
    key(names[group], "%f", group_score[group]);
    hash_number(&hash, names[group], group_score[group]);
  }
  total = sqrt(total);
  key("SCORE", "%f%s", total, valid ? "" : " [INVALID]");
  hash_number(&hash, "SCORE", total);
  if (!valid) hash_pair(&hash, "valid", "NO");
  key("hash", "%X", hash);
  say("[%s] Bandwidth %f GiB/s : IOPS %f kiops : TOTAL %f%s\n", tag, group_score[BW], group_score[MD], total, valid ? "" : " [INVALID]");
}

static void help(const char *name) {
  printf("Synopsis:\n  %s <INI file> [options]\n  %s --help | -h\n  %s --list | -l\n  %s --list-mandatory | -lm\n\n", name, name, name, name);
  printf("Options:\n  --config-hash\n  --cleanup\n  --dry-run\n  --mode=standard|extended\n  --timestamp=<string>\n\n  -v\n  --verbose=<level>\n");
}

static void meet(void) {
  char name[64] = "";
  gethostname(name, sizeof name - 1);
  strcpy(machine, name);
  char *all = calloc(ranks, sizeof name);
  MPI_Gather(name, sizeof name, MPI_CHAR, all, sizeof name, MPI_CHAR, 0, MPI_COMM_WORLD);
  node_map = calloc(ranks + 1, 1);
  nodes = rank ? 1 : 0;
  for (int i = 0; i < ranks && !rank; i++) {
    int is_new = 1;
    for (int j = 0; j < i; j++) is_new &= strcmp(all + 64 * i, all + 64 * j) != 0;
    nodes += is_new;
    node_map[i] = strcmp(all + 64 * i, all) ? '0' : '1';
  }
  free(all);
}

static void place(void) {
  if (!*timestamp) strcpy(timestamp, when("%Y.%m.%d-%H.%M.%S", now()));
  MPI_Bcast(timestamp, sizeof timestamp, MPI_CHAR, 0, MPI_COMM_WORLD);
  int in_data = option_on("global", "timestamp-datadir"), in_result = option_on("global", "timestamp-resultdir");
  snprintf(data_dir, sizeof data_dir, "%s%s%s", option("global", "datadir"), in_data ? "/" : "", in_data ? timestamp : "");
  snprintf(result_dir, sizeof result_dir, "%s%s%s", option("global", "resultdir"), in_result ? "/" : "", in_result ? timestamp : "");
}

static void open_results(const char *ini) {
  make_directories(result_dir);
  summary = open_result("result_summary", ".txt");
  result = open_result("result", ".txt");
  FILE *from = fopen(ini, "r"), *copy = open_result("config-orig", ".ini"), *effective = open_result("config", ".ini");
  for (int c; (c = getc(from)) != EOF;) putc(c, copy);
  fclose(from), fclose(copy);
  options_print(effective, 0, 0);
  fclose(effective);
  fprintf(result, "[run]\n");
  key("procs", "%d", ranks);
  key("version", "%s", VERSION);
  key("config-hash", "%X", options_hash());
  key("result-dir", "%s", result_dir);
  key("mode", "%s", is_extended ? "extended" : "standard");
  if (is_dry) invalid("DRY RUN MODE ACTIVATED"), is_valid = is_valid_extended = 0;
  fprintf(result, "; START %s\n", when(LOCAL_TIME, now()));
  say("IO500 version %s (%s)\n", VERSION, is_extended ? "extended" : "standard");
  /* As upstream's: said, and forgotten before the first phase. */
  int wall = option_number("debug", "stonewall-time"), least = option_on("global", "scc") ? 30 : 300;
  if (wall != least) invalid("stonewall-time %ds != %ds", wall, least);
  if (option("mdtest-hard", "files-per-dir")) invalid("files-per-dir is set");
  fprintf(result, "\n");
  fflush(result);
}

static void run_all(int is_cleanup) {
  const char *asked = setting("STANDIN_FAULT");
  uint32_t hash = 0, extended_hash = 0;
  hash_pair(&hash, "version", VERSION);
  for (size_t i = 0; i < PHASES; i++) {
    const struct phase *phase = &phases[i];
    if (!is_run(phase, is_cleanup)) continue;
    MPI_Barrier(MPI_COMM_WORLD);
    if (!rank) fprintf(result, "\n[%s]\n", phase->name);
    double begun = now();
    key("t_start", "%s", when(LOCAL_TIME, begun));
    is_valid_phase = 1;
    double score = run_phase(phase), seconds = is_dry ? 0 : now() - begun;
    if (asked && !strncmp(asked, "zero:", 5) && !strcmp(asked + 5, phase->name)) score = 0;
    scores[i] = score;
    if (rank) continue;
    judge(phase, score, seconds);
    if (phase->group) hash_number(phase->is_extended ? &extended_hash : &hash, phase->name, score);
    is_valid_extended &= is_valid_phase;
    if (!phase->is_extended && strcmp(phase->name, "ior-rnd4K-easy-read")) is_valid &= is_valid_phase;
    if (phase->what != -2) key("score", "%f", score);
    char value[40];
    snprintf(value, sizeof value, "%f", score);
    say("[%s] %20s %15s %s : time %.3f seconds%s\n", phase->group ? "RESULT" : "      ", phase->name, value, *phase->name == 'i' ? "GiB/s" : "kIOPS", seconds, is_valid_phase ? "" : " [INVALID]");
    key("t_delta", "%.4f", seconds);
    key("t_end", "%s", when(LOCAL_TIME, now()));
  }
  MPI_Barrier(MPI_COMM_WORLD);
  if (rank) return;
  score_of("SCORE", "SCORE ", 0, hash, is_valid);
  if (is_extended) score_of("SCOREX", "SCOREX", 1, extended_hash, is_valid_extended);
  printf("\nThe result files are stored in the directory: %s\n", result_dir);
  fprintf(result, "; END %s\n", when(LOCAL_TIME, now()));
  fclose(result), fclose(summary);
  remove_tree(data_dir);
}

int main(int count, char **arguments) {
  if (count < 2 || !strcmp(arguments[1], "-h") || !strcmp(arguments[1], "--help")) return help(arguments[0]), 0;
  if (!strncmp(arguments[1], "--list", 6) || !strncmp(arguments[1], "-l", 2)) {
    int is_mandatory = strstr(arguments[1], "mandatory") || !strcmp(arguments[1], "-lm");
    printf("# Supported and current values of the ini file%s:\n", is_mandatory ? " (Mandatory Phases Only)" : "");
    return options_print(stdout, 1, is_mandatory), 0;
  }
  /* The ranks of a test share two cores: one that waits lets the others work. */
  setenv("OMPI_MCA_mpi_yield_when_idle", "1", 1);
  const char *refused = setting("STANDIN_REFUSE");
  if (refused && !strcmp(refused, "mpirun") && getenv("OMPI_COMM_WORLD_SIZE")) fatal("mpirun is not for this one");
  MPI_Init(&count, &arguments);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  meet();
  int is_cleanup = 0, hash_only = 0;
  for (int i = 2; i < count; i++) {
    const char *said = arguments[i];
    if (!strcmp(said, "--dry-run")) is_dry = 1;
    else if (!strcmp(said, "--cleanup")) is_cleanup = 1;
    else if (!strcmp(said, "--config-hash")) hash_only = 1;
    else if (!strcmp(said, "--mode=extended")) is_extended = 1;
    else if (!strcmp(said, "--mode=standard")) is_extended = 0;
    else if (!strncmp(said, "--timestamp=", 12)) snprintf(timestamp, sizeof timestamp, "%s", said + 12);
    else if (!strcmp(said, "--timestamp") && i + 1 < count) snprintf(timestamp, sizeof timestamp, "%s", arguments[++i]);
    else if (strncmp(said, "-v", 2) && strncmp(said, "--verbose", 9)) fatal("Unknown option: %s", said);
  }
  options_read(arguments[1]);
  check_api(option("global", "api"));
  if (hash_only) return printf("config-hash     = %X\n", options_hash()), MPI_Finalize(), 0;
  const char *slow = setting("STANDIN_SLOW_START_MS");
  if (slow) usleep(atof(slow) * 1000);
  place();
  if (!rank) open_results(arguments[1]);
  if (!rank) make_directories(data_dir);
  run_all(is_cleanup);
  MPI_Finalize();
  return 0;
}
