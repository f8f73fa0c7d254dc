/*
 * Wraps llama_decode so that a test can hold it. Then a generation is still running when the test examines it, however
 * fast the machine is. It is built as libllama in a folder of its own, and linked to the real library REAL, which
 * provides all other functions.
 *
 * GATE is a file with a number. That many decodes pass, and the next one waits until the file is replaced or deleted.
 * Without the file every decode passes.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* As large as llama_batch, which is passed by value. */
struct batch {
  int n_tokens;
  void *members[6];
};

static void pass(void) {
  static struct stat seen;
  static long left;
  struct stat gate;
  while (stat(GATE, &gate) == 0) {
    /* a new file may contain the same number */
    if (gate.st_ino != seen.st_ino || gate.st_mtim.tv_sec != seen.st_mtim.tv_sec ||
        gate.st_mtim.tv_nsec != seen.st_mtim.tv_nsec) {
      FILE *file = fopen(GATE, "r");
      if (file == NULL || fscanf(file, "%ld", &left) != 1) {
        left = 0;
      }
      if (file != NULL) {
        fclose(file);
      }
      seen = gate;
    }
    if (left > 0) {
      left--;
      return;
    }
    usleep(1000);
  }
}

int llama_decode(void *context, struct batch batch) {
  static int (*real)(void *, struct batch);
  if (real == NULL) {
    void *library = dlopen(REAL, RTLD_NOW | RTLD_LOCAL);
    real = library == NULL ? NULL : (int (*)(void *, struct batch))dlsym(library, "llama_decode");
    if (real == NULL) {
      fprintf(stderr, "gate: no llama_decode in %s: %s\n", REAL, dlerror());
      abort();
    }
  }
  pass();
  return real(context, batch);
}
