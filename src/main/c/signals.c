#define _GNU_SOURCE
#include "launcher.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* Handles signals to this process and reaps its children. */

enum { SIGNALED = 128 };

static const int PASSED_ON[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
enum { PASSED_ON_COUNT = sizeof PASSED_ON / sizeof *PASSED_ON };

/*
 * Signals that a terminal or a service manager sends to all processes. Only the engine reacts: it finishes running
 * requests, and the other processes end after it.
 */
static const int SENT_TO_ALL[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
enum { SENT_TO_ALL_COUNT = sizeof SENT_TO_ALL / sizeof *SENT_TO_ALL };

static int signals;
static volatile pid_t engine; /* 0 in a fork server */

static sigset_t passed_on(void) {
  sigset_t set;
  sigemptyset(&set);
  for (size_t i = 0; i < PASSED_ON_COUNT; i++) {
    sigaddset(&set, PASSED_ON[i]);
  }
  return set;
}

void hold_passed_on(sigset_t *before) {
  sigset_t held = passed_on();
  sigprocmask(SIG_BLOCK, &held, before);
}

_Noreturn static void end_with_engine(int status, const struct rusage *usage) {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
    /* the engine could not report this itself, and the usual cause is a memory limit that is too small */
    dprintf(STDERR_FILENO,
            "quern-launcher: the engine was killed by signal 9, probably because memory ran out; it used %ld MiB at most. "
            "Raise the memory limit, unless somebody sent the signal\n",
            usage->ru_maxrss / 1024);
  }
  server_end(WIFEXITED(status) ? WEXITSTATUS(status) : SIGNALED + WTERMSIG(status));
}

void reap(void) {
  /* held, because a signal must not be passed on to a process already waited for: its pid may belong to another one */
  sigset_t before;
  hold_passed_on(&before);
  int status;
  struct rusage usage;
  pid_t pid;
  while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0) {
    if (pid == engine) {
      end_with_engine(status, &usage);
    }
    server_reaped(pid, status, &usage);
  }
  sigprocmask(SIG_SETMASK, &before, NULL);
}

static void child_ended(int number) {
  (void)number;
  int error = errno;
  int status;
  struct rusage usage;
  if (engine > 0 && wait4(engine, &status, WNOHANG, &usage) == engine) {
    end_with_engine(status, &usage);
  }
  errno = error;
}

static sigset_t of_children(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  return set;
}

void begin_loading(void) {
  struct sigaction action = {.sa_handler = child_ended, .sa_flags = SA_RESTART, .sa_mask = passed_on()};
  sigset_t children = of_children();
  sigaction(SIGCHLD, &action, NULL);
  sigprocmask(SIG_UNBLOCK, &children, NULL);
}

void end_loading(void) {
  sigset_t children = of_children();
  sigprocmask(SIG_BLOCK, &children, NULL);
  signal(SIGCHLD, SIG_DFL);
  reap(); /* the handler only reaps the engine */
}

/*
 * A handler and not a descriptor, because it runs even while this process loads a model, which may take forever. The
 * engine receives signals from a terminal itself. Their code says that the kernel sent them, so they are not passed on.
 */
static void pass_on(int number, siginfo_t *info, void *context) {
  (void)context;
  if (info->si_code <= 0) {
    int error = errno;
    kill(engine, number);
    errno = error;
  }
}

void begin_passing_on(pid_t to) {
  engine = to;
  struct sigaction action = {.sa_sigaction = pass_on, .sa_flags = SA_SIGINFO | SA_RESTART, .sa_mask = passed_on()};
  for (size_t i = 0; i < PASSED_ON_COUNT; i++) {
    sigaction(PASSED_ON[i], &action, NULL);
  }
  sigprocmask(SIG_UNBLOCK, &action.sa_mask, NULL);
}

void ignore_sent_to_all(void) {
  for (size_t i = 0; i < SENT_TO_ALL_COUNT; i++) {
    signal(SENT_TO_ALL[i], SIG_IGN);
  }
}

void take_signals(void) {
  struct signalfd_siginfo info;
  while (read(signals, &info, sizeof info) == sizeof info) {
    reap();
  }
}

void hold_signals(bool entry_point) {
  if (entry_point) {
    hold_passed_on(NULL);
  } else {
    ignore_sent_to_all();
  }
}

int watch_children(void) {
  sigset_t watched = of_children();
  sigprocmask(SIG_BLOCK, &watched, NULL);
  signal(SIGPIPE, SIG_IGN);
  signals = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
  return signals;
}
