#define _GNU_SOURCE
#include "launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As env(1) uses them. */
enum { EXIT_CANNOT_CONFINE = 125, EXIT_CANNOT_RUN = 126 };

enum { ITEM_BYTES = 4096 };

/*
 * Appends the dynamic linker that the kernel executes for the program; false if there is none or it cannot be read.
 */
static bool find_interpreter(const char *program, char *item, size_t size) {
  ElfW(Ehdr) head;
  ElfW(Phdr) segment;
  bool found = false;
  int fd = open(program, O_RDONLY | O_CLOEXEC);
  if (fd >= 0 && pread(fd, &head, sizeof head, 0) == sizeof head && memcmp(head.e_ident, ELFMAG, SELFMAG) == 0) {
    for (size_t i = 0; i < head.e_phnum && !found; i++) {
      off_t at = (off_t)(head.e_phoff + i * sizeof segment);
      size_t used = strlen(item);
      found = pread(fd, &segment, sizeof segment, at) == sizeof segment && segment.p_type == PT_INTERP &&
              segment.p_filesz < size - used &&
              pread(fd, item + used, segment.p_filesz, (off_t)segment.p_offset) == (ssize_t)segment.p_filesz;
    }
  }
  if (fd >= 0) {
    close(fd);
  }
  return found;
}

_Noreturn void run_confined(char **command, char **items, size_t count) {
  char parts[PARTS_BYTES];
  char cause[CAUSE_BYTES];
  static char program[ITEM_BYTES];
  static char interpreter[ITEM_BYTES] = "execute=";
  ignore_sent_to_all();
  snprintf(program, sizeof program, "execute=%s", command[0]);
  items[count++] = program;
  if (find_interpreter(command[0], interpreter, sizeof interpreter)) {
    items[count++] = interpreter;
  }
  if (!confine(items, count, parts, cause)) {
    fprintf(stderr, "quern-launcher: cannot confine %s as quern.worker.sandbox requires: %s\n", command[0], cause);
    _exit(EXIT_CANNOT_CONFINE);
  }
  setenv("QUERN_CONFINEMENT", parts, 1);
  execv(command[0], command);
  fprintf(stderr, "quern-launcher: cannot run %s: %s\n", command[0], strerror(errno));
  _exit(EXIT_CANNOT_RUN);
}
