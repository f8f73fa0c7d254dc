#include "launcher.h"

#include <dirent.h>
#include <dlfcn.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The parts of llama.cpp v0.5.0 that are used here. Its structs are passed by value and change between versions without
 * notice. So the library fills them, and this code sets only a few fields, at the offsets of that version, after it has
 * checked llama_version(). io.quern.llama.ModelParams contains the same offsets.
 */
static const char *const VERSIONS[] = {"0.5.0", "0.5.0-dev"};

struct model_params {
  alignas(8) char bytes[80];
};

enum { PROGRESS_CALLBACK = 48, USE_EXTRA_BUFTS = 74, PATH_BYTES = 4096 };

typedef bool (*progress_callback)(float share, void *user_data);

static void (*report_progress)(float share);

static bool loading(float share, void *user_data) {
  (void)user_data;
  report_progress(share);
  return true;
}

enum { LEVEL_INFO = 2, LEVEL_ERROR = 4, LEVEL_CONTINUED = 5 };

static char last_error[CAUSE_BYTES / 2];

/*
 * Returns the number of bytes of a control or bidirectional character at the beginning of the text, which a terminal
 * would obey, or 0 if there is none.
 */
static size_t obeyed(const unsigned char *text) {
  if ((text[0] < ' ' && text[0] != '\n') || text[0] == 0x7f) {
    return 1;
  }
  if (text[0] == 0xc2 && text[1] >= 0x80 && text[1] <= 0x9f) {
    return 2;
  }
  bool direction = text[0] == 0xe2 && ((text[1] == 0x80 && text[2] >= 0xa8 && text[2] <= 0xae) ||
                                       (text[1] == 0x81 && text[2] >= 0xa6 && text[2] <= 0xa9));
  return direction ? 3 : 0;
}

/* llama.cpp quotes text from the model file, which must not move the cursor or look like another log line. */
static void show(const char *text) {
  for (const unsigned char *at = (const unsigned char *)text; *at != '\0';) {
    size_t bytes = obeyed(at);
    if (bytes == 0) {
      fputc(*at, stderr);
      if (*at == '\n' && at[1] != '\0') {
        fputs("  ", stderr);
      }
      at++;
    }
    for (; bytes > 0; bytes--) {
      fprintf(stderr, "\\x%02x", *at++);
    }
  }
}

/*
 * Writes messages above the level "info" to stderr, whose last lines the engine keeps. Stores the first error as cause.
 */
static void take_log(int level, const char *text, void *user_data) {
  static int before;
  (void)user_data;
  int shown = level == LEVEL_CONTINUED ? before : level;
  before = shown;
  if (shown > LEVEL_INFO) {
    show(text);
  }
  if (level == LEVEL_ERROR && *last_error == '\0') {
    snprintf(last_error, sizeof last_error, "%.*s", (int)strcspn(text, "\n"), text);
  }
}

static void *open_library(const char *path, char cause[CAUSE_BYTES]) {
  void *library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
  if (library == NULL) {
    snprintf(cause, CAUSE_BYTES, "cannot open %s", dlerror());
  }
  return library;
}

void *symbol(void *library, const char *name, char cause[CAUSE_BYTES]) {
  void *found = dlsym(library, name);
  if (found == NULL) {
    snprintf(cause, CAUSE_BYTES, "a library lacks the function %s", name);
  }
  return found;
}

void *preload_jvm(const char *libjvm, char cause[CAUSE_BYTES]) {
  void *library = open_library(libjvm, cause);
  return library == NULL ? NULL : symbol(library, "JNI_CreateJavaVM", cause);
}

/* Finds the shortest file name in the folder that has this beginning, for example libllama.so and not libllama.so.1. */
static bool find(const char *folder, const char *beginning, char path[PATH_BYTES]) {
  DIR *files = opendir(folder);
  size_t shortest = 0;
  for (struct dirent *file = files == NULL ? NULL : readdir(files); file != NULL; file = readdir(files)) {
    size_t length = strlen(file->d_name);
    if (strncmp(file->d_name, beginning, strlen(beginning)) == 0 && (shortest == 0 || length < shortest)) {
      shortest = length;
      snprintf(path, PATH_BYTES, "%s/%s", folder, file->d_name);
    }
  }
  if (files != NULL) {
    closedir(files);
  }
  return shortest > 0;
}

static void *open_by_name(const char *folder, const char *beginning, char cause[CAUSE_BYTES]) {
  char path[PATH_BYTES];
  if (!find(folder, beginning, path)) {
    snprintf(cause, CAUSE_BYTES, "there is no file %s* in %.300s", beginning, folder);
    return NULL;
  }
  return open_library(path, cause);
}

/*
 * Chooses the CPU backend in the folder that rates itself best for this processor. Does not use ggml's own search,
 * because that would also open GPU backends, and they would open the driver.
 */
static bool best_cpu_backend(const char *folder, char best[PATH_BYTES], char cause[CAUSE_BYTES]) {
  DIR *files = opendir(folder);
  int highest = 0;
  for (struct dirent *file = files == NULL ? NULL : readdir(files); file != NULL; file = readdir(files)) {
    if (strncmp(file->d_name, "libggml-cpu", strlen("libggml-cpu")) != 0) {
      continue;
    }
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s", folder, file->d_name);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
      continue;
    }
    int (*score)(void) = (int (*)(void))dlsym(library, "ggml_backend_score");
    /* somebody's own build may have a single backend without a score */
    int points = score == NULL ? 1 : score();
    dlclose(library);
    if (points > highest) {
      highest = points;
      memcpy(best, path, sizeof path);
    }
  }
  if (files != NULL) {
    closedir(files);
  }
  if (highest == 0) {
    snprintf(cause, CAUSE_BYTES, "no CPU backend in %.300s works on this machine", folder);
  }
  return highest > 0;
}

static bool right_version(void *llama, char cause[CAUSE_BYTES]) {
  const char *(*version)(void) = (const char *(*)(void))symbol(llama, "llama_version", cause);
  if (version == NULL) {
    return false;
  }
  for (size_t i = 0; i < sizeof VERSIONS / sizeof *VERSIONS; i++) {
    if (strcmp(version(), VERSIONS[i]) == 0) {
      return true;
    }
  }
  snprintf(cause, CAUSE_BYTES, "llama.cpp has version %.60s, but Quern requires %s", version(), VERSIONS[0]);
  return false;
}

static void name_device(void *ggml, char name[DEVICE_BYTES], char cause[CAUSE_BYTES]) {
  void *(*device)(size_t) = (void *(*)(size_t))symbol(ggml, "ggml_backend_dev_get", cause);
  const char *(*short_name)(void *) = (const char *(*)(void *))symbol(ggml, "ggml_backend_dev_name", cause);
  const char *(*description)(void *) = (const char *(*)(void *))symbol(ggml, "ggml_backend_dev_description", cause);
  *name = '\0';
  if (device != NULL && short_name != NULL && description != NULL) {
    void *processor = device(0); /* only the CPU backend is loaded */
    const char *text = description(processor);
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == ' ') {
      length--;
    }
    snprintf(name, DEVICE_BYTES, "%s (%.*s)", short_name(processor), (int)length, text);
  }
}

static bool load_backend(void *ggml, const char *folder, char cause[CAUSE_BYTES]) {
  char path[PATH_BYTES];
  void *(*load)(const char *) = (void *(*)(const char *))symbol(ggml, "ggml_backend_load", cause);
  if (load == NULL || !best_cpu_backend(folder, path, cause)) {
    return false;
  }
  if (load(path) == NULL) {
    snprintf(cause, CAUSE_BYTES, "cannot load the backend %.300s", path);
    return false;
  }
  return true;
}

/*
 * Whether the processor has AMX and the model multiplies weights by several matrices at once, which v0.5.0 does wrong
 * with AMX. io.quern.llama.LlamaModel has the same rule and says more.
 */
static bool wrong_with_amx(void *llama, void *model, char cause[CAUSE_BYTES]) {
  const char *(*features)(void) = (const char *(*)(void))symbol(llama, "llama_print_system_info", cause);
  bool (*is_recurrent)(const void *) = (bool (*)(const void *))symbol(llama, "llama_model_is_recurrent", cause);
  bool (*is_hybrid)(const void *) = (bool (*)(const void *))symbol(llama, "llama_model_is_hybrid", cause);
  int (*metadata)(const void *, const char *, char *, size_t) =
      (int (*)(const void *, const char *, char *, size_t))symbol(llama, "llama_model_meta_val_str", cause);
  if (features == NULL || is_recurrent == NULL || is_hybrid == NULL || metadata == NULL ||
      strstr(features(), "AMX_INT8 = 1") == NULL) {
    return false;
  }
  char architecture[100] = "";
  char key[sizeof architecture + 40];
  char value[40];
  metadata(model, "general.architecture", architecture, sizeof architecture);
  snprintf(key, sizeof key, "%s.attention.key_length_mla", architecture);
  return is_recurrent(model) || is_hybrid(model) || strcmp(architecture, "gemma3n") == 0 ||
         metadata(model, key, value, sizeof value) >= 0;
}

void *preload_model(const char *folder, const char *model, void (*progress)(float share), void **address,
                    char device[DEVICE_BYTES], char cause[CAUSE_BYTES]) {
  *address = NULL;
  void *base = open_by_name(folder, "libggml-base", cause);
  void *ggml = base == NULL ? NULL : open_by_name(folder, "libggml.", cause);
  void *llama = ggml == NULL ? NULL : open_by_name(folder, "libllama.", cause);
  if (llama == NULL || !right_version(llama, cause)) {
    return NULL;
  }
  void (*init)(void) = (void (*)(void))symbol(llama, "llama_backend_init", cause);
  void (*set_log)(void (*)(int, const char *, void *), void *) =
      (void (*)(void (*)(int, const char *, void *), void *))symbol(llama, "llama_log_set", cause);
  if (init == NULL || set_log == NULL) {
    return NULL;
  }
  set_log(take_log, NULL);
  init();
  if (!load_backend(ggml, folder, cause)) {
    return NULL;
  }
  name_device(ggml, device, cause);
  if (model == NULL) {
    return llama;
  }
  struct model_params (*defaults)(void) =
      (struct model_params(*)(void))symbol(llama, "llama_model_default_params", cause);
  void *(*load)(const char *, struct model_params) =
      (void *(*)(const char *, struct model_params))symbol(llama, "llama_model_load_from_file", cause);
  void (*release)(void *) = (void (*)(void *))symbol(llama, "llama_model_free", cause);
  if (defaults == NULL || load == NULL || release == NULL) {
    return NULL;
  }
  struct model_params params = defaults();
  progress_callback callback = loading;
  memcpy(params.bytes + PROGRESS_CALLBACK, &callback, sizeof callback);
  report_progress = progress;
  remember_memory();
  *address = load(model, params);
  if (*address != NULL && wrong_with_amx(llama, *address, cause)) {
    release(*address);
    params.bytes[USE_EXTRA_BUFTS] = 0;
    *address = load(model, params);
  }
  if (*address == NULL) {
    snprintf(cause, CAUSE_BYTES, "llama.cpp cannot load %.200s: %.255s", model, last_error);
    return NULL;
  }
  use_huge_pages(progress);
  return llama;
}
