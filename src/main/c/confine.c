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
 * Gives up rights that this process does not need. This requires no privilege, and neither this process nor its
 * children can undo it. The process must have only one thread, because the kernel restricts only the calling thread.
 *
 * Items, in any order:
 *   no-core              a crash dumps no memory
 *   no-new-privileges    executing a set-user-ID program grants no privileges
 *   no-capabilities      root becomes a user who may open every file; landlock decides which files
 *   landlock             only the files named below; no TCP; no signals and abstract sockets to other processes. Paths
 *                        that do not exist are skipped
 *     read=PATH          a file, or everything in a folder
 *     write=PATH         a file; in a folder, create and write files
 *     keep=PATH          everything in a folder: read, write and delete
 *     device=PATH        read, write and control
 *     execute=PATH       a program
 *   seccomp              only the sockets named below; no tracing, mounting, namespaces and similar calls
 *     unix               may create sockets of the family AF_UNIX
 *     netlink            may create sockets of the family AF_NETLINK
 *     exec               may execute programs
 *     attributes         may change modes, owners and times of files
 *   required             fails if a restriction is not available; without it, the restriction is skipped
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
   * Not 0, because with 0 the kernel still pipes the memory to a handler in core_pattern. With 1 it does not, and the
   * limit is too small for a file.
   */
  struct rlimit limit = {.rlim_cur = 1, .rlim_max = 1};
  if (prlimit(pid, RLIMIT_CORE, &limit, NULL) == 0) {
    return true;
  }
  /* a process whose hard limit is 0 cannot raise it to 1 */
  struct rlimit nothing = {.rlim_cur = 0, .rlim_max = 0};
  return prlimit(pid, RLIMIT_CORE, &nothing, NULL) == 0;
}

/*
 * Keeps capabilities for reading models of other users and for managing memory. Some of the others would give access
 * to other processes in spite of Landlock.
 */
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

/* Adds a part that is in force to the list. False with a cause if a required part is not. */
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

void print_confinement(void) {
  printf("landlock %d\nseccomp %d\n", landlock_abi(), seccomp_possible());
  fflush(stdout);
}
