#define _GNU_SOURCE
#include "launcher.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Filters system calls with seccomp. */

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef ARCHITECTURE

enum { MAX_INSTRUCTIONS = 250, NEW_NAMESPACES = 0x7E020000 };

/* System calls that the C library's headers may lack. Their numbers are the same on both architectures. */
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

/*
 * Calls that no worker makes. They inspect or control other processes, or reach parts of the kernel in which many flaws
 * were found.
 */
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

/* Calls that change attributes of files, which Landlock does not restrict. */
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

/* The number of the call must be loaded. */
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

/* Refuses a call unless its first argument has one of the values. Compares only the lower 32 bits. */
static void refuse_unless(struct program *program, int number, const unsigned *values, unsigned count, int error) {
  /* the jump skips the load, the comparisons, the refusal and the permission */
  add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, (unsigned char)(count + 3)));
  load(program, ARGUMENT(0));
  for (unsigned i = 0; i < count; i++) {
    add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, values[i], (unsigned char)(count - i), 0));
  }
  refuse(program, error);
  answer(program, SECCOMP_RET_ALLOW);
}

bool filter_calls(const struct allowed_calls *allowed) {
  struct program program;
  memset(&program, 0, sizeof program);
  load(&program, offsetof(struct seccomp_data, arch));
  add(&program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0));
  answer(&program, SECCOMP_RET_KILL_PROCESS);
  load(&program, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
  /* the calls of x32 have numbers of their own */
  add(&program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1));
  refuse(&program, ENOSYS);
#endif
  REFUSE_CALLS(&program, NEVER);
  if (!allowed->attributes) {
    REFUSE_CALLS(&program, ATTRIBUTES);
  }
  if (!allowed->exec) {
    REFUSE_CALLS(&program, EXECUTING);
  }
  /* the flags of clone3 are in memory, where a filter cannot read them; the C library falls back to clone */
  refuse_call(&program, NR_CLONE3, ENOSYS);
  unsigned families[2];
  unsigned family_count = 0;
  if (allowed->unix_sockets) {
    families[family_count++] = 1;
  }
  if (allowed->netlink) {
    families[family_count++] = 16;
  }
  refuse_unless(&program, SYS_socket, families, family_count, EACCES);
  add(&program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4));
  load(&program, ARGUMENT(0));
  add(&program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NEW_NAMESPACES, 0, 1));
  refuse(&program, EPERM);
  answer(&program, SECCOMP_RET_ALLOW);
  /* TIOCSTI would put characters into a terminal's input */
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

bool seccomp_possible(void) {
  unsigned action = SECCOMP_RET_ERRNO;
  return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

#else

bool filter_calls(const struct allowed_calls *allowed) {
  (void)allowed;
  errno = ENOSYS;
  return false;
}

bool seccomp_possible(void) { return false; }

#endif
