#define _GNU_SOURCE
#include "launcher.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Takes from this process what it has no use for. Nothing here needs a privilege, and nothing can be taken back: neither by this process nor by
 * what it forks or executes. There must be one thread, since the kernel restricts the calling one alone.
 *
 * Items, in any order:
 *   no-core              no memory is dumped when it crashes
 *   no-new-privileges    executing a set-user-ID program brings nothing
 *   no-capabilities      root is no more than a user who may open every file; what is opened, landlock says
 *   landlock             of files, only what the following items name; no TCP; no signals and abstract sockets beyond this process
 *     read=PATH          a file, or all below a folder. A path that is not there is passed over, here and below
 *     write=PATH         a file; below a folder, files are made and written
 *     keep=PATH          all below a folder, also to delete
 *     device=PATH        read, written and controlled
 *     execute=PATH       a program
 *   seccomp              no sockets but as named, no tracing, mounting, namespaces and the like
 *     unix               sockets of the family AF_UNIX can be made
 *     netlink            of the family AF_NETLINK
 *     exec               programs can be executed
 *     attributes         modes, owners and times of files can be changed
 *   required             what cannot be had is an error, instead of being left out
 */

static bool has(char **items, size_t count, const char *item) {
  for (size_t i = 0; i < count; i++) {
    if (strcmp(items[i], item) == 0) {
      return true;
    }
  }
  return false;
}

bool no_core(pid_t pid) {
  /*
   * Not 0: with that the kernel still pipes the memory to a handler that core_pattern names. With 1 it does not, and one byte is too little for
   * a file.
   */
  struct rlimit limit = {.rlim_cur = 1, .rlim_max = 1};
  if (prlimit(pid, RLIMIT_CORE, &limit, NULL) == 0) {
    return true;
  }
  /* who has been forbidden even that cannot raise it */
  struct rlimit nothing = {.rlim_cur = 0, .rlim_max = 0};
  return prlimit(pid, RLIMIT_CORE, &nothing, NULL) == 0;
}

/* Of the rest, some would look past Landlock into other processes. These are for models of other users, and for memory: mlock, NUMA nodes. */
static bool drop_capabilities(void) {
  const unsigned kept = 1U << CAP_DAC_OVERRIDE | 1U << CAP_DAC_READ_SEARCH | 1U << CAP_IPC_LOCK | 1U << CAP_SYS_NICE;
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
  memset(sets, 0, sizeof sets);
  if (syscall(SYS_capget, &header, sets) != 0) {
    return false;
  }
  for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
    unsigned mask = i == 0 ? kept : 0;
    sets[i].permitted &= mask;
    sets[i].effective &= mask;
    sets[i].inheritable = 0;
  }
  return syscall(SYS_capset, &header, sets) == 0;
}

/* One part is there, or may be missing, or is the cause of a failure. */
static bool part(bool done, const char *name, int version, bool required, char *parts, char cause[CAUSE_BYTES]) {
  if (!done && required) {
    snprintf(cause, CAUSE_BYTES, "%s: %s", name, strerror(errno));
    return false;
  }
  if (done) {
    size_t used = strlen(parts);
    snprintf(parts + used, PARTS_BYTES - used, version > 0 ? "%s%s-%d" : "%s%s", used > 0 ? " " : "", name, version);
  }
  return true;
}

bool confine(char **items, size_t count, char parts[PARTS_BYTES], char cause[CAUSE_BYTES]) {
  bool required = has(items, count, "required");
  *parts = '\0';
  if (has(items, count, "no-core") && !part(no_core(0), "no-core", 0, required, parts, cause)) {
    return false;
  }
  if (has(items, count, "no-new-privileges") &&
      !part(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no-new-privileges", 0, required, parts, cause)) {
    return false;
  }
  if (has(items, count, "no-capabilities") &&
      !part(drop_capabilities(), "no-capabilities", 0, required, parts, cause)) {
    return false;
  }
  if (has(items, count, "landlock")) {
    int abi = landlock_abi();
    errno = ENOSYS;
    if (!part(abi > 0 && restrict_files(items, count, abi), "landlock", abi, required, parts, cause)) {
      return false;
    }
  }
  const struct allowed_calls allowed = {.unix_sockets = has(items, count, "unix"),
                                        .netlink = has(items, count, "netlink"),
                                        .exec = has(items, count, "exec"),
                                        .attributes = has(items, count, "attributes")};
  return !has(items, count, "seccomp") || part(filter_calls(&allowed), "seccomp", 0, required, parts, cause);
}

void tell_confinement(void) {
  printf("landlock %d\nseccomp %d\n", landlock_abi(), seccomp_possible());
  fflush(stdout);
}
