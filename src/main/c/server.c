#define _GNU_SOURCE
#include "launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * The messages from the engine to a launcher, which is a fork server or an entry point:
 *   preload LIBJVM LLAMA-FOLDER MODEL SLOTS CONTEXT-LENGTH THREADS FLASH-ATTENTION BF16-KEYS n CONFINEMENT...
 *                                       the first preload confines this process (confine.c); folder and model may be empty;
 *                                       the answer is any number of "progress SHARE", then
 *                                       "preloaded MODEL-ADDRESS CONTEXT-ADDRESS CONTEXT-LENGTH FLASH MICROS-PER-TOKEN DEVICE
 *                                        CACHE-ADDRESS CACHE-BYTES BF16-KEYS",
 *                                       where an address of 0 means none, or "broken CAUSE"
 *   fork ID TOKEN ENGINE-SOCKET OUTPUT-SOCKET n JVM-OPTION... n ARGUMENT... n CONFINEMENT...
 *                                       n VARIABLE...
 *                                       the answer is "forked ID PID" or "refused ID KIND CAUSE"; KIND is "poisoned" (this
 *                                       process must never be forked again) or "failed" (only this fork failed)
 *   signal PID NUMBER                   sends a signal to a child whose end has not been reported; no answer
 *   ping                                the answer is "pong"
 * When a child ends, the launcher sends "exited PID CODE SIGNAL PEAK-KIB".
 */

enum { MAX_CHILDREN = 1024 };

/* If memory runs out, the kernel should kill a worker before the engine, because a worker can be replaced. */
enum { OOM_SCORE_ADDED = 300, OOM_SCORE_MAX = 1000 };

static int oom_score = -1;
static int to_engine;
static struct title title;
static const char *more_devices;
static void *create_jvm;
static pid_t children[MAX_CHILDREN];
static size_t child_count;

static void number(char text[24], long value) { snprintf(text, 24, "%ld", value); }

static void address(char text[24], const void *value) {
  snprintf(text, 24, "%llx", (unsigned long long)(uintptr_t)value);
}

static void report_progress(float share) {
  static float reported = -1;
  reap(); /* loading takes long, and nothing else reaps in the meantime */
  if (share - reported >= 0.01F || share < reported || share >= 1) {
    char text[24];
    snprintf(text, sizeof text, "%.3f", (double)share);
    message_send(to_engine, "progress", text, NULL);
    reported = share;
  }
}

static int to_int(const char *text) { return text == NULL ? 0 : (int)strtol(text, NULL, 10); }

static void report_preloaded(void *model, const struct context *context, const char *device) {
  char texts[9][24];
  address(texts[0], model);
  address(texts[1], context->address);
  number(texts[2], context->length);
  number(texts[3], context->flash);
  snprintf(texts[4], sizeof texts[4], "%.1f", context->micros_per_token);
  address(texts[5], context->cache.begin);
  number(texts[6], (long)context->cache.bytes);
  number(texts[7], context->bf16_keys);
  address(texts[8], context->node_hook);
  message_send(to_engine, "preloaded", texts[0], texts[1], texts[2], texts[3], texts[4], device, texts[5], texts[6],
               texts[7], texts[8], NULL);
}

static bool write_oom_score(int score) {
  char text[24];
  number(text, score);
  return pwrite(oom_score, text, strlen(text), 0) > 0;
}

/*
 * Raises this process's score for the time of a fork, because a child inherits it and is too confined to write its own.
 * The score before may be negative, as in Kubernetes' guaranteed pods. False if it was not changed, which is no error.
 */
static bool raise_oom_score(int *before) {
  char text[24] = "";
  if (oom_score < 0 || pread(oom_score, text, sizeof text - 1, 0) <= 0) {
    return false;
  }
  *before = (int)strtol(text, NULL, 10);
  int raised = *before + OOM_SCORE_ADDED;
  return write_oom_score(raised > OOM_SCORE_MAX ? OOM_SCORE_MAX : raised);
}

/* Runs once: rights cannot be regained, and an engine that restarts in its process requests the same restrictions. */
static bool give_up_what_it_does_not_need(char **items, size_t count, char cause[CAUSE_BYTES]) {
  static bool done;
  char parts[PARTS_BYTES];
  char why[CAUSE_BYTES];
  if (done) {
    return true;
  }
  oom_score = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
  if (!confine(items, count, parts, why)) {
    snprintf(cause, CAUSE_BYTES, "it cannot be confined as quern.worker.sandbox requires: %.400s", why);
    return false;
  }
  done = true;
  return true;
}

static void preload(struct message *message) {
  static void *model;
  static struct context context;
  static char *loaded;
  static char device[DEVICE_BYTES];
  char cause[CAUSE_BYTES] = "";
  const char *libjvm = message_take(message);
  const char *folder = message_take(message);
  const char *file = message_take(message);
  struct context_wish wish;
  wish.slots = to_int(message_take(message));
  wish.length = to_int(message_take(message));
  wish.threads = to_int(message_take(message));
  const char *flash = message_take(message);
  const char *bf16_keys = message_take(message);
  size_t item_count = 0;
  char **items = bf16_keys == NULL ? NULL : message_take_list(message, &item_count);
  if (items == NULL) {
    message_send(to_engine, "broken", "a preload message lacks fields", NULL);
    return;
  }
  wish.flash = strcmp(flash, "1") == 0;
  wish.bf16_keys = strcmp(bf16_keys, "1") == 0;
  /* an engine that restarts within its process sends another preload, perhaps with other settings */
  char asked[PATH_MAX + 100];
  snprintf(asked, sizeof asked, "%d %d %d %d %d %s", wish.slots, wish.length, wish.threads, wish.flash,
           wish.bf16_keys, file);
  bool again = loaded != NULL && strcmp(loaded, asked) == 0;
  bool confined = give_up_what_it_does_not_need(items, item_count, cause);
  create_jvm = confined ? preload_jvm(libjvm, cause) : NULL;
  bool done = create_jvm != NULL;
  if (done && !again && *folder != '\0') {
    void *llama = preload_model(folder, *file == '\0' ? NULL : file, report_progress, &model, device, cause);
    done = llama != NULL && (model == NULL || make_context(llama, model, &wish, &context, cause));
  }
  if (!done) {
    message_send(to_engine, "broken", cause, NULL);
    return;
  }
  if (!again) {
    free(loaded);
    loaded = strdup(asked);
  }
  report_preloaded(model, &context, device);
}

static bool read_worker(struct message *message, struct worker *worker) {
  worker->id = message_take(message);
  worker->token = message_take(message);
  worker->engine_socket = message_take(message);
  worker->output_socket = message_take(message);
  worker->jvm_options = message_take_list(message, &worker->jvm_option_count);
  worker->arguments = worker->jvm_options == NULL ? NULL : message_take_list(message, &worker->argument_count);
  worker->confinement = worker->arguments == NULL ? NULL : message_take_list(message, &worker->confinement_count);
  size_t variables = 0;
  worker->environment = worker->confinement == NULL ? NULL : message_take_list(message, &variables);
  if (worker->environment == NULL || message->next == MESSAGE_MAX_FIELDS) {
    return false;
  }
  worker->environment[variables] = NULL; /* no field follows this list, so this overwrites none */
  return true;
}

static void fork_worker(struct message *message) {
  struct worker worker;
  char cause[CAUSE_BYTES];
  char pid_text[24];
  if (!read_worker(message, &worker)) {
    message_send(to_engine, "refused", worker.id == NULL ? "" : worker.id, "failed", "a fork message lacks fields", NULL);
    return;
  }
  if (create_jvm == NULL) {
    message_send(to_engine, "refused", worker.id, "failed", "no preload has succeeded", NULL);
    return;
  }
  if (child_count == MAX_CHILDREN) {
    message_send(to_engine, "refused", worker.id, "failed", "it has too many children", NULL);
    return;
  }
  if (!fork_is_safe(more_devices, cause)) {
    message_send(to_engine, "refused", worker.id, "poisoned", cause, NULL);
    return;
  }
  pid_t self = getpid();
  sigset_t before;
  hold_passed_on(&before); /* the child must not pass signals on to the engine */
  int score;
  bool raised = raise_oom_score(&score);
  pid_t pid = fork();
  if (pid == 0) {
    become_worker(&worker, create_jvm, title, self);
  }
  int error = errno;
  if (raised) {
    write_oom_score(score);
  }
  sigprocmask(SIG_SETMASK, &before, NULL);
  if (pid < 0) {
    snprintf(cause, sizeof cause, "fork: %s", strerror(error));
    message_send(to_engine, "refused", worker.id, "failed", cause, NULL);
    return;
  }
  children[child_count++] = pid;
  number(pid_text, pid);
  message_send(to_engine, "forked", worker.id, pid_text, NULL);
}

/* Signals only children that have not been waited for, because until then no other process can have the pid. */
static void signal_child(struct message *message) {
  const char *pid_text = message_take(message);
  const char *signal_text = message_take(message);
  if (signal_text == NULL) {
    return;
  }
  pid_t pid = (pid_t)strtol(pid_text, NULL, 10);
  for (size_t i = 0; i < child_count; i++) {
    if (children[i] == pid) {
      kill(pid, (int)strtol(signal_text, NULL, 10));
    }
  }
}

void server_reaped(pid_t pid, int status, const struct rusage *usage) {
  for (size_t i = 0; i < child_count; i++) {
    if (children[i] == pid) {
      char texts[4][24];
      children[i] = children[--child_count];
      number(texts[0], pid);
      number(texts[1], WIFEXITED(status) ? WEXITSTATUS(status) : -1);
      number(texts[2], WIFSIGNALED(status) ? WTERMSIG(status) : 0);
      number(texts[3], usage->ru_maxrss);
      message_send(to_engine, "exited", texts[0], texts[1], texts[2], texts[3], NULL);
      return;
    }
  }
}

/* The kernel would kill the children anyway when this process ends. Waiting makes sure that none outlives it. */
_Noreturn void server_end(int status) {
  for (size_t i = 0; i < child_count; i++) {
    kill(children[i], SIGKILL);
  }
  for (size_t i = 0; i < child_count; i++) { /* only for these, because PID 1 may have adopted other processes */
    while (waitpid(children[i], NULL, 0) < 0 && errno == EINTR) {
    }
  }
  _exit(status);
}

bool server_serve(int from_engine) {
  struct message *message = calloc(1, sizeof *message);
  if (message == NULL || !message_read(from_engine, message)) {
    free(message);
    return false;
  }
  const char *verb = message_take(message);
  if (strcmp(verb, "preload") == 0) {
    begin_loading();
    preload(message);
    end_loading();
  } else if (strcmp(verb, "fork") == 0) {
    fork_worker(message);
  } else if (strcmp(verb, "signal") == 0) {
    signal_child(message);
  } else if (strcmp(verb, "ping") == 0) {
    message_send(to_engine, "pong", NULL);
  } else {
    fprintf(stderr, "quern-launcher: ignored an unknown message: %.40s\n", verb);
  }
  message_free(message);
  free(message);
  return true;
}

void server_init(int engine, struct title shown, const char *devices) {
  to_engine = engine;
  title = shown;
  more_devices = devices;
}
