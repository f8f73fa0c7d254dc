#include "launcher.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Device nodes of NVIDIA, AMD and Intel GPUs, of AMD's compute driver, and of other accelerators such as Gaudi. The
 * state that a driver keeps for a process is not valid in a fork of it, so a process with an open device must not be
 * forked.
 */
static const char *const DEVICES[] = {"/dev/nvidia", "/dev/dri/", "/dev/kfd", "/dev/accel/", "/dev/hl", "/dev/dxg", NULL};

/* Prefixes of the file names of libraries that use these devices. */
static const char *const DRIVERS[] = {
    "libcuda.so", "libcudart.so", "libnvidia-ml.so", "libggml-cuda", "libamdhip64", "libhsa-runtime64", "libggml-hip",
    "libze_loader", "libze_intel", "libggml-sycl", "libggml-vulkan", "libSynapse", "libhl-thunk", NULL};

static bool begins(const char *text, const char *beginning) { return strncmp(text, beginning, strlen(beginning)) == 0; }

static bool begins_with_any(const char *text, const char *const *beginnings) {
  for (; *beginnings != NULL; beginnings++) {
    if (begins(text, *beginnings)) {
      return true;
    }
  }
  return false;
}

static bool one_task(char cause[CAUSE_BYTES]) {
  DIR *tasks = opendir("/proc/self/task");
  if (tasks == NULL) {
    snprintf(cause, CAUSE_BYTES, "its threads cannot be counted: %s", strerror(errno));
    return false;
  }
  int count = 0;
  for (struct dirent *task = readdir(tasks); task != NULL; task = readdir(tasks)) {
    count += task->d_name[0] != '.';
  }
  closedir(tasks);
  if (count != 1) {
    snprintf(cause, CAUSE_BYTES, "it has %d threads", count);
    return false;
  }
  return true;
}

static bool no_device_open(const char *more_devices, char cause[CAUSE_BYTES]) {
  DIR *descriptors = opendir("/proc/self/fd");
  if (descriptors == NULL) {
    snprintf(cause, CAUSE_BYTES, "its open files cannot be listed: %s", strerror(errno));
    return false;
  }
  bool clean = true;
  for (struct dirent *one = readdir(descriptors); one != NULL && clean; one = readdir(descriptors)) {
    char link[300];
    char target[256];
    snprintf(link, sizeof link, "/proc/self/fd/%s", one->d_name);
    ssize_t length = readlink(link, target, sizeof target - 1);
    if (length < 0) {
      continue; /* . and .. */
    }
    target[length] = '\0';
    if (begins_with_any(target, DEVICES) || (more_devices != NULL && begins(target, more_devices))) {
      snprintf(cause, CAUSE_BYTES, "it has the device %s open", target);
      clean = false;
    }
  }
  closedir(descriptors);
  return clean;
}

static bool no_driver_mapped(char cause[CAUSE_BYTES]) {
  FILE *maps = fopen("/proc/self/maps", "re");
  if (maps == NULL) {
    snprintf(cause, CAUSE_BYTES, "its libraries cannot be listed: %s", strerror(errno));
    return false;
  }
  bool clean = true;
  char *line = NULL;
  size_t capacity = 0;
  while (clean && getline(&line, &capacity, maps) > 0) {
    line[strcspn(line, "\n")] = '\0';
    const char *path = strchr(line, '/');
    if (path == NULL) {
      continue;
    }
    if (begins_with_any(path, DEVICES) || begins_with_any(strrchr(path, '/') + 1, DRIVERS)) {
      snprintf(cause, CAUSE_BYTES, "it has %.400s mapped", path);
      clean = false;
    }
  }
  free(line);
  fclose(maps);
  return clean;
}

bool fork_is_safe(const char *more_devices, char cause[CAUSE_BYTES]) {
  return one_task(cause) && no_device_open(more_devices, cause) && no_driver_mapped(cause);
}
