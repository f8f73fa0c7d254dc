/*
 * Wraps functions of libllama so that a process takes MEMORY bytes: when it creates a context or, with the macro TRIGGER,
 * in the first decode for which a file of that path exists. It is built as libllama in a folder of its own, and linked to
 * the real library REAL, which provides all other functions.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *real(const char *name) {
  void *library = dlopen(REAL, RTLD_NOW | RTLD_LOCAL);
  void *function = library == NULL ? NULL : dlsym(library, name);
  if (function == NULL) {
    fprintf(stderr, "hungry: no %s in %s: %s\n", name, REAL, dlerror());
    abort();
  }
  return function;
}

static void take(void) {
  volatile char *taken = malloc(MEMORY);
  for (size_t i = 0; taken != NULL && i < MEMORY; i += 4096) {
    taken[i] = 1;
  }
}

#ifdef TRIGGER

/* As large as llama_batch, which is passed by value. */
struct batch {
  long members[7];
};

int llama_decode(void *context, struct batch batch) {
  static int (*decode)(void *, struct batch);
  static int has_taken;
  if (decode == NULL) {
    decode = (int (*)(void *, struct batch))real("llama_decode");
  }
  if (!has_taken && access(TRIGGER, F_OK) == 0) {
    has_taken = 1;
    take();
  }
  return decode(context, batch);
}

#else

/* As large as llama_context_params, which is passed by value. */
struct params {
  long members[20];
};

void *llama_init_from_model(void *model, struct params params) {
  void *(*init)(void *, struct params) = (void *(*)(void *, struct params))real("llama_init_from_model");
  take();
  return init(model, params);
}

#endif
