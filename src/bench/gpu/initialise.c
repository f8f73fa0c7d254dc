/*
 * Initialises CUDA in the launcher before its main, to show that such a process does not fork workers. The GPU run
 * compiles this library on its machine and preloads it; it does nothing in other programs. DRIVER_TO_INITIALISE names
 * the library of the driver.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((constructor)) static void initialise(void) {
  char path[4096] = "";
  if (readlink("/proc/self/exe", path, sizeof path - 1) < 0 || strstr(path, "/quern-launcher") == NULL) {
    return;
  }
  const char *driver = getenv("DRIVER_TO_INITIALISE");
  void *library = driver == NULL ? NULL : dlopen(driver, RTLD_NOW | RTLD_GLOBAL);
  if (library == NULL) {
    fprintf(stderr, "initialise: cannot load the driver: %s\n", dlerror());
    return;
  }
  int (*init)(unsigned) = (int (*)(unsigned))dlsym(library, "cuInit");
  int (*get)(int *, int) = (int (*)(int *, int))dlsym(library, "cuDeviceGet");
  int (*retain)(void **, int) = (int (*)(void **, int))dlsym(library, "cuDevicePrimaryCtxRetain");
  int device = 0;
  void *context = NULL;
  if (init != NULL && get != NULL && retain != NULL) {
    int status = init(0);
    status = status == 0 ? get(&device, 0) : status;
    status = status == 0 ? retain(&context, device) : status;
    fprintf(stderr, "initialise: CUDA is initialised in this process, status %d\n", status);
  }
}
