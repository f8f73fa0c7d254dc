/*
 * A substitute for NVIDIA's management library with two GPUs, of which the first is split into two instances. The
 * variable FAKE_NVML makes it misbehave. Compiled with -DOLD_DRIVER it lacks the functions that old drivers lack.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOT_INITIALIZED 1
#define INVALID_ARGUMENT 2
#define NOT_SUPPORTED 3
#define NOT_FOUND 6
#define TOO_SMALL 7
#define DRIVER_NOT_LOADED 9
#define GPU_IS_LOST 15
#define VERSION_MISMATCH 18

struct gpu {
  const char *uuid, *name;
  unsigned long long total, free;
  int major, minor;
};

struct memory {
  unsigned long long total, free, used;
};

static struct gpu gpus[] = {
    {"GPU-8932f937-d72c-4106-c12f-20bd9faed9f6", "NVIDIA A100-SXM4-80GB", 85899345920ULL, 85000000000ULL, 8, 0},
    {"GPU-0f5bd45c-8a1b-4c6e-9d3f-6a7e2b1c0d9e", "NVIDIA L4", 24152899584ULL, 24000000000ULL, 8, 9},
};

static int initialized;

static int mode_is(const char *what) {
  const char *mode = getenv("FAKE_NVML");
  return mode && strcmp(mode, what) == 0;
}

static int text(const char *from, char *to, unsigned length) {
  if (!initialized) return NOT_INITIALIZED;
  if (strlen(from) >= length) return TOO_SMALL;
  strcpy(to, from);
  return 0;
}

int nvmlInit_v2(void) {
  if (mode_is("mismatch")) return VERSION_MISMATCH;
  if (mode_is("no-driver")) return DRIVER_NOT_LOADED;
  if (mode_is("crash")) {
    volatile int *nowhere = 0;
    *nowhere = 1;
  }
  if (mode_is("killed")) raise(SIGKILL);
  if (mode_is("noise")) {
    printf("a driver says hello");
    fflush(stdout);
  }
  while (mode_is("hang")) pause();
  initialized = 1;
  return 0;
}

int nvmlShutdown(void) {
  if (!initialized) return NOT_INITIALIZED;
  initialized = 0;
  return 0;
}

const char *nvmlErrorString(int code) {
  switch (code) {
    case NOT_SUPPORTED: return "Not Supported";
    case DRIVER_NOT_LOADED: return "Driver Not Loaded";
    case GPU_IS_LOST: return "GPU is lost";
    case VERSION_MISMATCH: return "Driver/library version mismatch";
    default: return "Unknown Error";
  }
}

int nvmlSystemGetDriverVersion(char *version, unsigned length) { return text("570.86.15", version, length); }

int nvmlDeviceGetCount_v2(unsigned *count) {
  if (!initialized) return NOT_INITIALIZED;
  *count = 2;
  return 0;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, struct gpu **gpu) {
  if (index > 1) return INVALID_ARGUMENT;
  if (index == 1 && mode_is("lost")) return GPU_IS_LOST;
  *gpu = &gpus[index];
  return 0;
}

int nvmlDeviceGetUUID(struct gpu *gpu, char *uuid, unsigned length) { return text(gpu->uuid, uuid, length); }

int nvmlDeviceGetName(struct gpu *gpu, char *name, unsigned length) { return text(gpu->name, name, length); }

int nvmlDeviceGetMemoryInfo(struct gpu *gpu, struct memory *memory) {
  if (gpu == &gpus[1] && mode_is("no-memory")) return NOT_SUPPORTED;
  memory->total = gpu->total;
  memory->free = gpu->free;
  memory->used = gpu->total - gpu->free;
  return 0;
}

int nvmlDeviceGetCudaComputeCapability(struct gpu *gpu, int *major, int *minor) {
  *major = gpu->major;
  *minor = gpu->minor;
  return 0;
}

#ifndef OLD_DRIVER
static struct gpu instances[] = {
    {.uuid = "MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f"},
    {.uuid = "MIG-cba663e8-9bed-5b25-b243-5985ef7c9beb"},
};

int nvmlDeviceGetMigMode(struct gpu *gpu, unsigned *current, unsigned *pending) {
  if (gpu != &gpus[0]) return NOT_SUPPORTED;
  *current = *pending = 1;
  return 0;
}

int nvmlDeviceGetMaxMigDeviceCount(struct gpu *gpu, unsigned *count) {
  *count = gpu == &gpus[0] ? 7 : 0;
  return 0;
}

int nvmlDeviceGetMigDeviceHandleByIndex(struct gpu *gpu, unsigned index, struct gpu **instance) {
  if (gpu != &gpus[0]) return NOT_SUPPORTED;
  if (index != 0 && index != 3) return NOT_FOUND;
  *instance = &instances[index == 0 ? 0 : 1];
  return 0;
}
#endif
