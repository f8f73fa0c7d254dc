/*
 * A replacement for llama_tokenize that aborts when it sees a certain text, as a defect in native code would at a
 * certain request. It is built as libllama in a folder of its own and linked to the real library, which provides all
 * other functions.
 *
 * POISON is the text. REAL is the path of the real library.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int32_t tokenizer(const void *, const char *, int32_t, int32_t *, int32_t, bool, bool);

int32_t llama_tokenize(const void *vocab, const char *text, int32_t length, int32_t *tokens, int32_t most, bool special,
                       bool parse) {
  static tokenizer *real;
  if (real == NULL) {
    void *library = dlopen(REAL, RTLD_NOW | RTLD_LOCAL);
    real = library == NULL ? NULL : (tokenizer *)dlsym(library, "llama_tokenize");
    if (real == NULL) {
      fprintf(stderr, "poison: no llama_tokenize in %s: %s\n", REAL, dlerror());
      abort();
    }
  }
  if (memmem(text, (size_t)length, POISON, strlen(POISON)) != NULL) {
    abort();
  }
  return real(vocab, text, length, tokens, most, special, parse);
}
