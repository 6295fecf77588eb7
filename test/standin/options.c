/* What an ini of io500 can say: its sections and options with their defaults, read strictly, listed, hashed. */
#include "options.h"
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct entry {
  const char *section, *name, *value;
  /* s text, z size, i whole number, b switch */
  char type;
  const char *about;
};

static struct entry entries[] = {
    {"global", "datadir", "./datafiles", 's', "Where the files of the run are written"},
    {"global", "timestamp-datadir", "TRUE", 'b', "A directory of its own in it for each run"},
    {"global", "resultdir", "./results", 's', "Where the results are written"},
    {"global", "timestamp-resultdir", "TRUE", 'b', "A directory of its own in it for each run"},
    {"global", "api", "POSIX", 's', "Backend, and its options after it"},
    {"global", "drop-caches", "FALSE", 'b', "Empty the page cache before each phase"},
    {"global", "drop-caches-cmd", "sudo -n bash -c \"echo 3 > /proc/sys/vm/drop_caches\"", 's', "How"},
    {"global", "io-buffers-on-gpu", "FALSE", 'b', "Buffers in the memory of a GPU"},
    {"global", "verbosity", "1", 'i', "1 to 10"},
    {"global", "scc", "FALSE", 'b', "Rules of the student cluster competition"},
    {"global", "dataPacketType", "timestamp", 's', "What is written"},
    {"debug", "stonewall-time", "300", 'i', "Seconds. Anything but what the rules ask for INVALIDATES RUN; FOR DEBUGGING."},
    {"debug", "pause-dir", NULL, 's', "Wait while a file of the phase's name lies there. INVALIDATES RUN; FOR DEBUGGING."},
    {"ior-easy", "API", NULL, 's', "Backend"},
    {"ior-easy", "transferSize", "2m", 'z', "Bytes of one call"},
    {"ior-easy", "blockSize", "9920000m", 'z', "Most bytes of a process, a multiple of transferSize"},
    {"ior-easy", "filePerProc", "TRUE", 'b', "A file for each process"},
    {"ior-easy", "uniqueDir", "FALSE", 'b', "A directory for each file"},
    {"ior-easy", "run", "TRUE", 'b', "Run this phase"},
    {"ior-easy", "verbosity", NULL, 'i', "Verbosity of IOR"},
    {"ior-easy-write", "API", NULL, 's', "Backend"},
    {"ior-easy-write", "run", "TRUE", 'b', "Run this phase"},
    {"mdtest-easy", "API", NULL, 's', "Backend"},
    {"mdtest-easy", "n", "1000000", 'i', "Most files of a process"},
    {"mdtest-easy", "run", "TRUE", 'b', "Run this phase"},
    {"mdtest-easy-write", "API", NULL, 's', "Backend"},
    {"mdtest-easy-write", "run", "TRUE", 'b', "Run this phase"},
    {"mdworkbench", "API", NULL, 's', "Backend"},
    {"mdworkbench", "waitingTime", "0.0", 's', "Pause between calls, as a share of them"},
    {"mdworkbench", "precreatePerSet", NULL, 'i', "Files made before"},
    {"mdworkbench", "filesPerProc", NULL, 'i', "Files in each round"},
    {"mdworkbench", "run", "TRUE", 'b', "Run this phase"},
    {"mdworkbench", "verbosity", NULL, 'i', "Verbosity"},
    {"mdworkbench-create", "run", "TRUE", 'b', "Run this phase"},
    {"timestamp", NULL, NULL, 's', NULL},
#define FIND(section)                                                                  \
  {section, "external-script", NULL, 's', "A program that finds in place of pfind"},   \
      {section, "external-mpi-args", "", 's', "Arguments of its launcher"},            \
      {section, "external-extra-args", "", 's', "Arguments of it"},                    \
      {section, "nproc", NULL, 'i', "Processes that find"},                            \
      {section, "run", "TRUE", 'b', "Run this phase"},                                 \
      {section, "pfind-queue-length", "10000", 'i', "Length of pfind's queue"},        \
      {section, "pfind-steal-next", "FALSE", 'b', "Whom pfind takes work from"},       \
      {section, "pfind-parallelize-single-dir-access-using-hashing", "FALSE", 'b',     \
       "Several processes read one directory"}
    FIND("find-easy"),
    {"ior-hard", "API", NULL, 's', "Backend"},
    {"ior-hard", "segmentCount", "10000000", 'i', "Most segments"},
    {"ior-hard", "collective", NULL, 'b', "Collective calls"},
    {"ior-hard", "run", "TRUE", 'b', "Run this phase"},
    {"ior-hard", "verbosity", NULL, 'i', "Verbosity of IOR"},
    {"ior-hard-write", "API", NULL, 's', "Backend"},
    {"ior-hard-write", "collective", NULL, 'b', "Collective calls"},
    {"ior-hard-write", "run", "TRUE", 'b', "Run this phase"},
    {"mdtest-hard", "API", NULL, 's', "Backend"},
    {"mdtest-hard", "n", "1000000", 'i', "Most files of a process"},
    {"mdtest-hard", "files-per-dir", NULL, 'i', "Most files of a directory. INVALIDATES RUN; FOR DEBUGGING."},
    {"mdtest-hard", "run", "TRUE", 'b', "Run this phase"},
    {"mdtest-hard-write", "API", NULL, 's', "Backend"},
    {"mdtest-hard-write", "run", "TRUE", 'b', "Run this phase"},
    FIND("find"),
    FIND("find-hard"),
    {"mdworkbench-bench", "run", "TRUE", 'b', "Run this phase"},
    {"ior-easy-read", "API", NULL, 's', "Backend"},
    {"ior-easy-read", "run", "TRUE", 'b', "Run this phase"},
    {"mdtest-easy-stat", "API", NULL, 's', "Backend"},
    {"mdtest-easy-stat", "run", "TRUE", 'b', "Run this phase"},
    {"ior-hard-read", "API", NULL, 's', "Backend"},
    {"ior-hard-read", "collective", NULL, 'b', "Collective calls"},
    {"ior-hard-read", "run", "TRUE", 'b', "Run this phase"},
    {"mdtest-hard-stat", "API", NULL, 's', "Backend"},
    {"mdtest-hard-stat", "run", "TRUE", 'b', "Run this phase"},
    {"mdworkbench-delete", "run", "TRUE", 'b', "Run this phase"},
    {"mdtest-easy-delete", "API", NULL, 's', "Backend"},
    {"mdtest-easy-delete", "run", "TRUE", 'b', "Run this phase"},
    {"mdtest-hard-read", "API", NULL, 's', "Backend"},
    {"mdtest-hard-read", "run", "TRUE", 'b', "Run this phase"},
    {"mdtest-hard-delete", "API", NULL, 's', "Backend"},
    {"mdtest-hard-delete", "run", "TRUE", 'b', "Run this phase"},
    {"ior-rnd4K-easy-read", "API", NULL, 's', "Backend"},
    {"ior-rnd4K-easy-read", "run", "TRUE", 'b', "Run this phase"},
};
#define COUNT (sizeof entries / sizeof *entries)

static struct entry *entry_of(const char *section, const char *name) {
  for (size_t i = 0; i < COUNT; i++)
    if (entries[i].name && !strcasecmp(entries[i].section, section) && !strcasecmp(entries[i].name, name))
      return &entries[i];
  return NULL;
}

static const char *section_of(const char *name) {
  for (size_t i = 0; i < COUNT; i++)
    if (!strcasecmp(entries[i].section, name)) return entries[i].section;
  return NULL;
}

static char *trimmed(char *text) {
  while (isspace((unsigned char)*text)) text++;
  char *end = text + strlen(text);
  while (end > text && isspace((unsigned char)end[-1])) end--;
  *end = 0;
  return text;
}

static void refuse(const char *format, ...) {
  char text[600];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  printf("; ERROR %s\nERROR %s\n", text, text);
}

static int is_switch(const char *value) {
  return !strcasecmp(value, "true") || !strcasecmp(value, "false") || !strcmp(value, "1") || !strcmp(value, "0");
}

static int is_number(const char *value) {
  return *value && strspn(value, "0123456789") == strlen(value);
}

/* @returns whether it was taken */
static int set(const char *section, const char *name, const char *value, int line) {
  struct entry *entry = entry_of(section, name);
  if (!entry) return refuse("Parsing error in section %s line %d, unknown option \"%s\" with value \"%s\"", section, line, name, value), 0;
  if (*value && entry->type == 'b' && !is_switch(value))
    return refuse("Parsing error in section %s line %d, option %s expects bool, received \"%s\"", section, line, name, value), 0;
  if (*value && entry->type == 'i' && !is_number(value))
    return refuse("Parsing error in section %s line %d, option %s expects integer >= 0, received \"%s\"", section, line, name, value), 0;
  if (*value && entry->type == 'b') value = !strcasecmp(value, "true") || !strcmp(value, "1") ? "TRUE" : "FALSE";
  entry->value = strdup(value);
  return 1;
}

void options_read(const char *path) {
  FILE *file = fopen(path, "r");
  if (!file) fatal("Cannot open config file %s", path);
  char text[4096];
  const char *section = NULL;
  int is_good = 1;
  for (int line = 1; is_good && fgets(text, sizeof text, file); line++) {
    text[strcspn(text, "#;")] = 0;
    char *said = trimmed(text), *equals = strchr(said, '=');
    if (!*said) continue;
    if (*said == '[') {
      said[strcspn(said, "]")] = 0;
      section = section_of(trimmed(said + 1));
      if (!section) refuse("Parsing error in line %d, unknown section %s", line, said + 1), is_good = 0;
    } else if (!equals || !section) {
      refuse("Parsing error in line %d, unexpected \"%s\"", line, said), is_good = 0;
    } else {
      *equals = 0;
      is_good = set(section, trimmed(said), trimmed(equals + 1), line);
    }
  }
  fclose(file);
  if (!is_good) fatal("Couldn't parse config file %s", path);
}

const char *option(const char *section, const char *name) {
  struct entry *entry = entry_of(section, name);
  return entry && entry->value && *entry->value ? entry->value : NULL;
}

long option_number(const char *section, const char *name) {
  const char *value = option(section, name);
  return value ? atol(value) : 0;
}

long option_size(const char *section, const char *name) {
  char *unit;
  long size = strtol(option(section, name), &unit, 10);
  const char *units = "kmgt", *found = *unit ? strchr(units, tolower((unsigned char)*unit)) : NULL;
  return found ? size << (10 * (found - units + 1)) : size;
}

int option_on(const char *section, const char *name) {
  struct entry *entry = entry_of(section, name);
  return entry && entry->value && (!strcasecmp(entry->value, "true") || !strcmp(entry->value, "1"));
}

void options_print(FILE *to, int with_comments, int mandatory_only) {
  const char *section = "";
  for (size_t i = 0; i < COUNT; i++) {
    const struct entry *entry = &entries[i];
    if (mandatory_only && (strstr(entry->section, "mdworkbench") || strstr(entry->section, "find-"))) continue;
    if (strcmp(section, entry->section)) fprintf(to, "%s[%s]\n", *section ? "\n" : "", entry->section);
    section = entry->section;
    if (!entry->name) continue;
    if (with_comments) fprintf(to, "# %s\n", entry->about);
    fprintf(to, "%s = %s\n", entry->name, entry->value ? entry->value : "");
  }
  fprintf(to, "\n");
}

static uint32_t hashed(uint32_t hash, const char *text) {
  for (; *text; text++) hash = ((hash << 2) | (hash >> 30)) + *text;
  return hash;
}

void hash_pair(uint32_t *hash, const char *key, const char *value) { *hash ^= hashed(hashed(0, key), value); }

void hash_number(uint32_t *hash, const char *key, double value) {
  char text[60];
  snprintf(text, sizeof text, "%f", value);
  hash_pair(hash, key, text);
}

uint32_t options_hash(void) {
  uint32_t hash = 0;
  for (size_t i = 0; i < COUNT; i++)
    if (entries[i].value) hash_pair(&hash, entries[i].name, entries[i].value);
  return hash;
}
