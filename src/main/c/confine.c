#define _GNU_SOURCE
#include "launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
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

/* --- Landlock. Defined here since the headers of many systems know only an early version of it. ------------------------------ */

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
/* the JVM opens the file for a crash's trace to read it too */
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

static int landlock_abi(void) {
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

static bool restrict_files(char **items, size_t count, int abi) {
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

/* --- seccomp ------------------------------------------------------------------------------------------------------------------ */

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef ARCHITECTURE

enum { MAX_INSTRUCTIONS = 250, NEW_NAMESPACES = 0x7E020000 };

/* Calls of a later kernel than the C library's headers, under the same number on both processors. */
enum {
  NR_PIDFD_SEND_SIGNAL = 424,
  NR_IO_URING_SETUP = 425,
  NR_IO_URING_ENTER = 426,
  NR_IO_URING_REGISTER = 427,
  NR_OPEN_TREE = 428,
  NR_MOVE_MOUNT = 429,
  NR_FSOPEN = 430,
  NR_FSCONFIG = 431,
  NR_FSMOUNT = 432,
  NR_FSPICK = 433,
  NR_CLONE3 = 435,
  NR_PIDFD_GETFD = 438,
  NR_PROCESS_MADVISE = 440,
  NR_MOUNT_SETATTR = 442,
  NR_QUOTACTL_FD = 443,
  NR_FCHMODAT2 = 452,
  NR_SETXATTRAT = 463,
  NR_REMOVEXATTRAT = 466
};

/* What no worker does: looking into or steering other processes, and the parts of the kernel where most of its flaws were found. */
static const int NEVER[] = {
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, NR_PIDFD_GETFD, NR_PROCESS_MADVISE, NR_PIDFD_SEND_SIGNAL,
    SYS_rt_tgsigqueueinfo, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, NR_OPEN_TREE, NR_MOVE_MOUNT, NR_FSOPEN,
    NR_FSCONFIG, NR_FSMOUNT, NR_FSPICK, NR_MOUNT_SETATTR, SYS_unshare, SYS_setns, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd,
    SYS_keyctl, SYS_add_key, SYS_request_key, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load,
    SYS_reboot, SYS_swapon, SYS_swapoff, SYS_acct, SYS_quotactl, NR_QUOTACTL_FD, SYS_settimeofday, SYS_clock_settime, SYS_adjtimex,
    SYS_clock_adjtime, SYS_sethostname, SYS_setdomainname, SYS_syslog, SYS_open_by_handle_at, SYS_fanotify_init, SYS_vhangup,
    NR_IO_URING_SETUP, NR_IO_URING_ENTER, NR_IO_URING_REGISTER,
#ifdef SYS_iopl
    SYS_iopl, SYS_ioperm,
#endif
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
};

/* Landlock knows nothing of these. */
static const int ATTRIBUTES[] = {
    SYS_fchmod, SYS_fchmodat, NR_FCHMODAT2, SYS_fchown, SYS_fchownat, SYS_utimensat, SYS_setxattr, SYS_lsetxattr, SYS_fsetxattr,
    NR_SETXATTRAT, SYS_removexattr, SYS_lremovexattr, SYS_fremovexattr, NR_REMOVEXATTRAT,
#ifdef SYS_chmod
    SYS_chmod, SYS_chown, SYS_lchown, SYS_utime, SYS_utimes, SYS_futimesat,
#endif
};

static const int EXECUTING[] = {SYS_execve, SYS_execveat};

struct program {
  struct sock_filter code[MAX_INSTRUCTIONS];
  unsigned short length;
};

static void add(struct program *program, struct sock_filter instruction) {
  if (program->length < MAX_INSTRUCTIONS) {
    program->code[program->length] = instruction;
  }
  program->length++;
}

static void load(struct program *program, size_t offset) {
  add(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offset));
}

static void answer(struct program *program, unsigned what) { add(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, what)); }

static void refuse(struct program *program, int error) { answer(program, SECCOMP_RET_ERRNO | (unsigned)error); }

/* The number of the call is loaded. */
static void refuse_call(struct program *program, int number, int error) {
  add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1));
  refuse(program, error);
}

static void refuse_calls(struct program *program, const int *numbers, size_t count) {
  for (size_t i = 0; i < count; i++) {
    refuse_call(program, numbers[i], EPERM);
  }
}

#define ARGUMENT(n) (offsetof(struct seccomp_data, args) + (n) * sizeof(uint64_t))
#define REFUSE_CALLS(program, numbers) refuse_calls(program, numbers, sizeof(numbers) / sizeof *(numbers))

/* A call whose first argument must be one of so many; as many as there are are compared by their lower halves. */
static void refuse_unless(struct program *program, int number, const unsigned *values, unsigned count, int error) {
  /* load, comparisons, refusal, allowance */
  add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, (unsigned char)(count + 3)));
  load(program, ARGUMENT(0));
  for (unsigned i = 0; i < count; i++) {
    add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, values[i], (unsigned char)(count - i), 0));
  }
  refuse(program, error);
  answer(program, SECCOMP_RET_ALLOW);
}

static bool filter_calls(bool unix_sockets, bool netlink, bool exec, bool attributes) {
  struct program program;
  memset(&program, 0, sizeof program);
  load(&program, offsetof(struct seccomp_data, arch));
  add(&program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0));
  answer(&program, SECCOMP_RET_KILL_PROCESS);
  load(&program, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
  /* the x32 variants have numbers of their own */
  add(&program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1));
  refuse(&program, ENOSYS);
#endif
  REFUSE_CALLS(&program, NEVER);
  if (!attributes) {
    REFUSE_CALLS(&program, ATTRIBUTES);
  }
  if (!exec) {
    REFUSE_CALLS(&program, EXECUTING);
  }
  /* its flags lie in memory, where they cannot be seen; the C library then takes clone */
  refuse_call(&program, NR_CLONE3, ENOSYS);
  unsigned families[2];
  unsigned family_count = 0;
  if (unix_sockets) {
    families[family_count++] = 1;
  }
  if (netlink) {
    families[family_count++] = 16;
  }
  refuse_unless(&program, SYS_socket, families, family_count, EACCES);
  add(&program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4));
  load(&program, ARGUMENT(0));
  add(&program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NEW_NAMESPACES, 0, 1));
  refuse(&program, EPERM);
  answer(&program, SECCOMP_RET_ALLOW);
  /* puts characters into a terminal's input */
  add(&program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 3));
  load(&program, ARGUMENT(1));
  add(&program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TIOCSTI, 0, 1));
  refuse(&program, EPERM);
  answer(&program, SECCOMP_RET_ALLOW);
  if (program.length > MAX_INSTRUCTIONS) {
    errno = E2BIG;
    return false;
  }
  struct sock_fprog filter = {.len = program.length, .filter = program.code};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0;
}

static bool seccomp_possible(void) {
  unsigned action = SECCOMP_RET_ERRNO;
  return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

#else

static bool filter_calls(bool unix_sockets, bool netlink, bool exec, bool attributes) {
  (void)unix_sockets, (void)netlink, (void)exec, (void)attributes;
  errno = ENOSYS;
  return false;
}

static bool seccomp_possible(void) { return false; }

#endif

/* ------------------------------------------------------------------------------------------------------------------------------ */

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
  return !has(items, count, "seccomp") ||
         part(filter_calls(has(items, count, "unix"), has(items, count, "netlink"), has(items, count, "exec"),
                           has(items, count, "attributes")),
              "seccomp", 0, required, parts, cause);
}

void tell_confinement(void) {
  printf("landlock %d\nseccomp %d\n", landlock_abi(), seccomp_possible());
  fflush(stdout);
}
