#include <stdint.h>
#include <stdio.h>

/* Reads an ini over the defaults. Whatever is unknown ends the program, as io500 does. */
void options_read(const char *path);
/* NULL for an option without a value. */
const char *option(const char *section, const char *name);
long option_number(const char *section, const char *name);
long option_size(const char *section, const char *name);
int option_on(const char *section, const char *name);
void options_print(FILE *to, int with_comments, int mandatory_only);
uint32_t options_hash(void);

/* The hash that the scores and the configuration are marked with: order-free over its pairs. */
void hash_pair(uint32_t *hash, const char *key, const char *value);
void hash_number(uint32_t *hash, const char *key, double value);

/* Ends all ranks. */
void fatal(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
