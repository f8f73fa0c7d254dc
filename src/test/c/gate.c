/*
 * llama_decode behind a gate that a test opens and closes, so that a generation is still running when the test looks at it, however
 * fast the machine. Built as libllama in a folder of its own; all other functions are those of the library that it is linked to.
 *
 * GATE is a file. Without it every decode passes. It holds a number: so many decodes pass, the next one waits until the file is
 * replaced or gone. REAL is the library.
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
    /* a new file may have the number of the one before */
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
