#define _GNU_SOURCE
#include "launcher.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/*
 * Creates a context of llama.cpp (KV cache and compute buffers) and warms it up before the fork, so that workers need
 * not. The settings must equal those in io.quern.llama.ContextParams and io.quern.worker.Decoding. A worker that needs
 * other settings creates its own context.
 */
struct context_params {
  alignas(8) char bytes[160];
};

enum {
  N_CTX = 0,
  N_BATCH = 4,
  N_UBATCH = 8,
  N_SEQ_MAX = 12,
  N_OUTPUTS_MAX = 20,
  N_THREADS = 28,
  N_THREADS_BATCH = 32,
  FLASH_ATTN_TYPE = 52,
  CB_EVAL = 88,
  CB_EVAL_USER_DATA = 96,
  TYPE_K = 104
};

enum { BF16 = 30 /* GGML_TYPE_BF16 */ };

enum { DEFAULT_CONTEXT_LIMIT = 4096, MAX_CHUNK = 512, MAX_SCORED = 9, WARM_UP_TOKENS = 8 };

struct batch {
  int n_tokens;
  int *token;
  float *embd;
  int *pos;
  int *n_seq_id;
  int **seq_id;
  signed char *logits;
};

struct functions {
  struct context_params (*defaults)(void);
  void *(*create)(void *model, struct context_params params);
  int (*training_context)(const void *model);
  bool (*has_encoder)(const void *model);
  int (*decode)(void *context, struct batch batch);
  void *(*memory)(const void *context);
  bool (*remove)(void *memory, int sequence, int from, int to);
};

static bool find_functions(void *llama, struct functions *f, char cause[CAUSE_BYTES]) {
  f->defaults = (struct context_params(*)(void))symbol(llama, "llama_context_default_params", cause);
  f->create = (void *(*)(void *, struct context_params))symbol(llama, "llama_init_from_model", cause);
  f->training_context = (int (*)(const void *))symbol(llama, "llama_model_n_ctx_train", cause);
  f->has_encoder = (bool (*)(const void *))symbol(llama, "llama_model_has_encoder", cause);
  f->decode = (int (*)(void *, struct batch))symbol(llama, "llama_decode", cause);
  f->memory = (void *(*)(const void *))symbol(llama, "llama_get_memory", cause);
  f->remove = (bool (*)(void *, int, int, int))symbol(llama, "llama_memory_seq_rm", cause);
  return f->defaults != NULL && f->create != NULL && f->training_context != NULL && f->has_encoder != NULL &&
         f->decode != NULL && f->memory != NULL && f->remove != NULL;
}

static void set(struct context_params *params, size_t offset, int value) {
  memcpy(params->bytes + offset, &value, sizeof value);
}

static void set_pointer(struct context_params *params, size_t offset, const void *value) {
  memcpy(params->bytes + offset, &value, sizeof value);
}

/*
 * Shows each node of a graph to the worker, if it has put a function into the hook. Without one, no computation stops at
 * a node.
 */
typedef bool (*node_function)(void *node, bool asks, void *data);

static bool show_node(void *node, bool asks, void *hook) {
  node_function function = *(node_function *)hook;
  return function == NULL ? !asks : function(node, asks, NULL);
}

static double micros_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* Decodes count tokens in sequence 0, starting at position first, and computes logits for the last one. */
static bool decode(const struct functions *f, void *context, int first, int count) {
  int tokens[WARM_UP_TOKENS];
  int positions[WARM_UP_TOKENS];
  int sequence_counts[WARM_UP_TOKENS];
  int *sequences[WARM_UP_TOKENS];
  signed char outputs[WARM_UP_TOKENS];
  int sequence = 0;
  for (int i = 0; i < count; i++) {
    tokens[i] = first + i;
    positions[i] = first + i;
    sequence_counts[i] = 1;
    sequences[i] = &sequence;
    outputs[i] = i == count - 1;
  }
  struct batch batch = {.n_tokens = count,
                        .token = tokens,
                        .pos = positions,
                        .n_seq_id = sequence_counts,
                        .seq_id = sequences,
                        .logits = outputs};
  return f->decode(context, batch) == 0;
}

/* Call only if one thread computes: a second one would make the fork unsafe, and would not exist in the child. */
static bool warm_up(const struct functions *f, void *context, double *micros_per_token) {
  /* the first pass touches weights and buffers, the second is measured */
  if (!decode(f, context, 0, WARM_UP_TOKENS) || !f->remove(f->memory(context), 0, -1, -1)) {
    return false;
  }
  double begin = micros_now();
  if (!decode(f, context, 0, WARM_UP_TOKENS)) {
    return false;
  }
  *micros_per_token = (micros_now() - begin) / WARM_UP_TOKENS;
  return decode(f, context, WARM_UP_TOKENS, 1) && f->remove(f->memory(context), 0, -1, -1);
}

/*
 * Returns pages that contain only zeros to the kernel, which provides zeros again when a process reads them. This
 * process then uses no memory for the empty KV cache, and each worker uses only what it fills.
 */
static void give_back_zeros(void) {
  enum { SMALLEST = 1 << 20 };
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  FILE *maps = fopen("/proc/self/maps", "re");
  char *line = NULL;
  size_t capacity = 0;
  while (maps != NULL && getline(&line, &capacity, maps) > 0) {
    unsigned long begin;
    unsigned long end;
    char access[5];
    unsigned long inode;
    if (sscanf(line, "%lx-%lx %4s %*x %*s %lu", &begin, &end, access, &inode) != 4 || inode != 0 ||
        strcmp(access, "rw-p") != 0 || end - begin < SMALLEST || strchr(line, '[') != NULL) {
      continue;
    }
    unsigned char *resident = malloc((end - begin) / page);
    if (resident == NULL || mincore((void *)begin, end - begin, resident) != 0) {
      free(resident);
      continue;
    }
    for (char *at = (char *)begin, *zeros = at; at <= (char *)end; at += page) {
      /* reading a page that was never touched would map it */
      bool there = at < (char *)end && (resident[(size_t)(at - (char *)begin) / page] & 1) != 0;
      bool zero = there && *at == 0 && memcmp(at, at + 1, page - 1) == 0;
      if (!zero) {
        if (at > zeros) {
          madvise(zeros, (size_t)(at - zeros), MADV_DONTNEED);
        }
        zeros = at + page;
      }
    }
    free(resident);
  }
  free(line);
  if (maps != NULL) {
    fclose(maps);
  }
}

bool make_context(void *llama, void *model, const struct context_wish *wish, struct context *made,
                  char cause[CAUSE_BYTES]) {
  struct functions f;
  memset(made, 0, sizeof *made);
  if (!find_functions(llama, &f, cause)) {
    return false;
  }
  if (f.has_encoder(model)) {
    snprintf(cause, CAUSE_BYTES, "the model is an encoder-decoder model, which is not supported");
    return false;
  }
  int trained = f.training_context(model);
  int limited = trained < DEFAULT_CONTEXT_LIMIT ? trained : DEFAULT_CONTEXT_LIMIT;
  made->length = wish->length > 0 ? wish->length : limited;
  made->flash = wish->flash;
  made->bf16_keys = wish->bf16_keys;
  if (wish->slots <= 0 || made->length > INT32_MAX / wish->slots) {
    return true; /* without a context: the worker then creates one and reports the problem */
  }
  struct context_params params = f.defaults();
  int batch = wish->slots > MAX_CHUNK ? wish->slots : MAX_CHUNK;
  set(&params, N_CTX, wish->slots * made->length);
  set(&params, N_SEQ_MAX, wish->slots);
  set(&params, N_BATCH, batch);
  set(&params, N_UBATCH, batch);
  set(&params, N_OUTPUTS_MAX, wish->slots + MAX_SCORED);
  set(&params, N_THREADS, wish->threads);
  set(&params, N_THREADS_BATCH, wish->threads);
  set(&params, FLASH_ATTN_TYPE, made->flash);
  if (made->bf16_keys) {
    set(&params, TYPE_K, BF16);
  }
  static node_function hook;
  set_pointer(&params, CB_EVAL, (void *)(uintptr_t)show_node);
  set_pointer(&params, CB_EVAL_USER_DATA, &hook);
  zero_lazily(true);
  void *context = f.create(model, params);
  zero_lazily(false);
  made->cache = largest_zeroed();
  if (context == NULL || (wish->threads == 1 && !warm_up(&f, context, &made->micros_per_token))) {
    return true; /* as above */
  }
  give_back_zeros();
  made->address = context;
  made->node_hook = &hook;
  return true;
}
