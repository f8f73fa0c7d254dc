#define _GNU_SOURCE
#include "launcher.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Changes the command line that ps shows. */

enum { RESERVED_BYTES = 4096 };

static const char RESERVED[] = "--reserve=";

void reserve(int argc, char **argv) {
  char room[RESERVED_BYTES];
  char **more = calloc((size_t)argc + 2, sizeof *more);
  if (more != NULL) {
    memset(room, '-', sizeof room);
    memcpy(room, RESERVED, strlen(RESERVED));
    room[sizeof room - 1] = '\0';
    more[0] = argv[0];
    more[1] = room;
    memcpy(more + 2, argv + 1, (size_t)argc * sizeof *more);
    execv("/proc/self/exe", more);
  }
}

static char *end_of(char *text) { return text + strlen(text) + 1; }

struct title show_own(int argc, char **argv, char **copies) {
  struct title title = {.begin = argv[0], .size = (size_t)(end_of(argv[argc - 1]) - argv[0])};
  if (environ[0] != NULL) {
    char **last = environ;
    while (last[1] != NULL) {
      last++;
    }
    title.environment = environ[0];
    title.environment_size = (size_t)(end_of(*last) - environ[0]);
  }
  char *to = title.begin;
  memset(title.begin, 0, title.size);
  for (int i = 0; i < argc; i++) {
    if (strncmp(copies[i], RESERVED, strlen(RESERVED)) != 0) {
      strcpy(to, copies[i]); /* it was there before, so there is room */
      to += strlen(copies[i]) + 1;
    }
  }
  return title;
}
