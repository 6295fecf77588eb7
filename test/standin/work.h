#include <stdio.h>

/* Who takes part. */
extern int rank, ranks, nodes;
/* A '1' for each rank on the node of the first. */
extern char *node_map;

/* Seconds, of a clock that can be told to run fast (STANDIN_SPEED), so that a stonewall of 300 s takes a few. */
double now(void);
/* A setting of the stand-in itself: the environment variable, else a line of the file NAME.conf beside the program; else NULL. */
const char *setting(const char *variable);
/* Does what was asked to go wrong in this phase. */
void fault(const char *phase, FILE *text);

/* What a phase did. */
struct done {
  /* Of all ranks. */
  double items, seconds;
  /* Of this one. */
  double own_seconds;
  /* Items of a rank when the time was up: least and most of all; nothing but stonewalled phases have them. */
  long least, most;
  double stonewall_seconds, stonewall_items;
};

enum work { EASY_WRITE, EASY_READ, HARD_WRITE, HARD_READ, RANDOM_READ, MD_WRITE, MD_STAT, MD_READ, MD_DELETE };

/*
 * Really does it, in `dir`, at a pace: `limit` items of a rank at most, till `stonewall` seconds are over (0: all that the phase of
 * writing left), and then as many as the fastest rank. Ends all ranks when the file system is full.
 */
struct done work(enum work what, const char *phase, const char *dir, long limit, long size, double stonewall, FILE *text);

struct found {
  long found, total;
};
/* Files of 3901 bytes with 01 in their name, of all. */
struct found find(const char *dir);
void remove_tree(const char *dir);
void make_directories(const char *dir);
