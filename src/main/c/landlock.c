#define _GNU_SOURCE
#include "launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Restricts this process to the files that the items name. Defines the kernel's interface, because the headers of many
 * systems have an early version.
 */

enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446, CREATE_RULESET_VERSION = 1, RULE_PATH_BENEATH = 1 };

#define BIT(n) (UINT64_C(1) << (n))
#define FS_EXECUTE BIT(0)
#define FS_WRITE_FILE BIT(1)
#define FS_READ_FILE BIT(2)
#define FS_READ_DIR BIT(3)
#define FS_REMOVE_DIR BIT(4)
#define FS_REMOVE_FILE BIT(5)
#define FS_MAKE_DIR BIT(7)
#define FS_MAKE_REG BIT(8)
#define FS_REFER BIT(13)
#define FS_TRUNCATE BIT(14)
#define FS_IOCTL_DEV BIT(15)

#define NET_BIND_TCP BIT(0)
#define NET_CONNECT_TCP BIT(1)
#define SCOPE_ABSTRACT_UNIX_SOCKET BIT(0)
#define SCOPE_SIGNAL BIT(1)

#define READ (FS_READ_FILE | FS_READ_DIR)
/* includes READ, because the JVM also reads the crash report that it writes */
#define WRITE (READ | FS_WRITE_FILE | FS_MAKE_REG | FS_TRUNCATE)
#define KEEP (WRITE | FS_REMOVE_FILE | FS_REMOVE_DIR | FS_MAKE_DIR | FS_REFER)
#define DEVICE (READ | FS_WRITE_FILE | FS_IOCTL_DEV)
#define EXECUTE (FS_READ_FILE | FS_EXECUTE)
#define OF_A_FILE (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

enum { ABI_REFER = 2, ABI_TRUNCATE = 3, ABI_TCP = 4, ABI_IOCTL = 5, ABI_SCOPE = 6 };

struct ruleset {
  uint64_t files;
  uint64_t network;
  uint64_t scoped;
};

struct path_beneath {
  uint64_t allowed;
  int32_t parent;
} __attribute__((packed));

static const struct {
  const char *name;
  uint64_t access;
} KINDS[] = {{"read=", READ}, {"write=", WRITE}, {"keep=", KEEP}, {"device=", DEVICE}, {"execute=", EXECUTE}};
enum { KIND_COUNT = sizeof KINDS / sizeof *KINDS };

int landlock_abi(void) {
  long abi = syscall(CREATE_RULESET, NULL, (size_t)0, CREATE_RULESET_VERSION);
  return abi < 0 ? 0 : (int)abi;
}

static uint64_t files_of(int abi) {
  int last = abi < ABI_REFER ? 12 : abi < ABI_TRUNCATE ? 13 : abi < ABI_IOCTL ? 14 : 15;
  return BIT(last + 1) - 1;
}

static bool allow(int ruleset, const char *path, uint64_t access, uint64_t handled) {
  struct stat status;
  struct path_beneath rule;
  memset(&rule, 0, sizeof rule);
  rule.parent = open(path, O_PATH | O_CLOEXEC);
  if (rule.parent < 0) {
    return errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == ELOOP || errno == ENAMETOOLONG;
  }
  bool done = fstat(rule.parent, &status) == 0;
  rule.allowed = access & handled & (S_ISDIR(status.st_mode) ? ~UINT64_C(0) : OF_A_FILE);
  done = done && syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0) == 0;
  close(rule.parent);
  return done;
}

bool restrict_files(char **items, size_t count, int abi) {
  struct ruleset rules;
  memset(&rules, 0, sizeof rules);
  rules.files = files_of(abi);
  rules.network = abi < ABI_TCP ? 0 : NET_BIND_TCP | NET_CONNECT_TCP;
  rules.scoped = abi < ABI_SCOPE ? 0 : SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL;
  size_t size = abi < ABI_TCP ? sizeof rules.files : abi < ABI_SCOPE ? 2 * sizeof rules.files : sizeof rules;
  int ruleset = (int)syscall(CREATE_RULESET, &rules, size, 0);
  if (ruleset < 0) {
    return false;
  }
  bool done = true;
  for (size_t i = 0; i < count && done; i++) {
    for (size_t kind = 0; kind < KIND_COUNT; kind++) {
      size_t length = strlen(KINDS[kind].name);
      if (strncmp(items[i], KINDS[kind].name, length) == 0) {
        done = allow(ruleset, items[i] + length, KINDS[kind].access, rules.files);
      }
    }
  }
  done = done && syscall(RESTRICT_SELF, ruleset, 0) == 0;
  int error = errno;
  close(ruleset);
  errno = error;
  return done;
}
