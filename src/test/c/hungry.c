/*
 * Wraps llama_init_from_model so that a process takes MEMORY bytes when it creates a context. It is built as libllama in
 * a folder of its own, and linked to the real library REAL, which provides all other functions.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

/* As large as llama_context_params, which is passed by value. */
struct params {
  long members[20];
};

void *llama_init_from_model(void *model, struct params params) {
  void *library = dlopen(REAL, RTLD_NOW | RTLD_LOCAL);
  void *(*real)(void *, struct params) =
      library == NULL ? NULL : (void *(*)(void *, struct params))dlsym(library, "llama_init_from_model");
  if (real == NULL) {
    fprintf(stderr, "hungry: no llama_init_from_model in %s: %s\n", REAL, dlerror());
    abort();
  }
  volatile char *taken = malloc(MEMORY);
  for (size_t i = 0; taken != NULL && i < MEMORY; i += 4096) {
    taken[i] = 1;
  }
  return real(model, params);
}
