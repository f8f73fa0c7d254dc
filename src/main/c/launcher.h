/*
 * The launcher: a small single-threaded process that loads once what all workers need (libjvm, llama.cpp, and on a CPU
 * the model) and forks workers from itself. Each child creates its JVM after the fork: a JVM has threads, so it cannot
 * be forked safely.
 *
 * Linux only; C11 and libc. Nothing here starts a thread, and between start and fork no function is called that may
 * start one.
 */
#ifndef QUERN_LAUNCHER_H
#define QUERN_LAUNCHER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct rusage;

/* --- message.c: what engine and launcher say to each other -------------------------------------------------------------- */

/* A message: its length in four bytes, most significant first, then fields that each end with a NUL. */
enum { MESSAGE_MAX_BYTES = 1 << 20, MESSAGE_MAX_FIELDS = 4096 };

struct message {
  char *bytes;
  char *fields[MESSAGE_MAX_FIELDS];
  size_t count;
  size_t next; /* index of the next field */
};

/* Reads a message; false at the end of the stream or if the message is malformed. Blocks until it is complete. */
bool message_read(int fd, struct message *message);
void message_free(struct message *message);

/* Returns the next field, or NULL if there is none. */
char *message_take(struct message *message);
/*
 * Reads a count and that many fields. Returns an array that ends with NULL and lives as long as the message; NULL if
 * malformed.
 */
char **message_take_list(struct message *message, size_t *count);

/* Sends the fields up to a NULL. A failure soon shows as the end of the stream. */
void message_send(int fd, const char *first, ...);

/* --- check.c: whether this process may be forked ------------------------------------------------------------------------ */

enum { CAUSE_BYTES = 512 };

/* True if the process has one thread and has used no device; otherwise false with a cause. Unknown counts as unsafe. */
bool fork_is_safe(const char *more_devices, char cause[CAUSE_BYTES]);

/* --- preload.c ---------------------------------------------------------------------------------------------------------- */

/* Returns libjvm's JNI_CreateJavaVM, or NULL with a cause. The first call loads the library. */
void *preload_jvm(const char *libjvm, char cause[CAUSE_BYTES]);

enum { DEVICE_BYTES = 200 };

/* Returns a function of a library, or NULL with a cause. */
void *symbol(void *library, const char *name, char cause[CAUSE_BYTES]);

/*
 * Loads llama.cpp and its CPU backend from a folder, and the model if there is one, and reports progress. The address
 * of the model is valid only in children of this process. Names the device that it computes on. Returns libllama, or
 * NULL with a cause.
 */
void *preload_model(const char *folder, const char *model, void (*progress)(float share), void **address,
                    char device[DEVICE_BYTES], char cause[CAUSE_BYTES]);

/* --- context.c ---------------------------------------------------------------------------------------------------------- */

struct context_wish {
  int slots;
  int length; /* tokens per slot; 0 for the model's training length, up to a limit */
  int threads;
  bool flash; /* whether attention uses the fused kernel */
};

struct context {
  void *address; /* NULL if none could be created */
  int length;
  bool flash;
  double micros_per_token; /* of prefill; 0 if not measured */
};

/* Creates and warms up a context for the model. False with a cause if the model must not be served. */
bool make_context(void *llama, void *model, const struct context_wish *wish, struct context *made,
                  char cause[CAUSE_BYTES]);

/* --- server.c: what the engine asks of a launcher ----------------------------------------------------------------------- */

/* Location of the program's arguments, which ps shows, and of its original environment. */
struct title {
  char *begin;
  size_t size;
  char *environment;
  size_t environment_size;
};

void server_init(int to_engine, struct title title, const char *more_devices);
/* Reads one message and executes it; false at the end of the stream or if the message is malformed. */
bool server_serve(int from_engine);
/* Called after a process has been waited for; reports it to the engine if it was a worker. */
void server_reaped(pid_t pid, int status, const struct rusage *usage);
_Noreturn void server_end(int status);

/* --- entry.c ------------------------------------------------------------------------------------------------------------ */

/* Runs the command with the other ends of two pipes; -1 with errno. */
pid_t start_engine(char **command, int *from_engine, int *to_engine);

/* --- launcher.c --------------------------------------------------------------------------------------------------------- */

/* As in sysexits.h. */
enum { EXIT_USAGE = 64, EXIT_LOST = 70 };

/* --- signals.c ---------------------------------------------------------------------------------------------------------- */

/*
 * Call early: the kernel discards signals to PID 1 that are neither blocked nor handled. Signals to an entry point wait
 * until there is an engine; a fork server ignores them.
 */
void hold_signals(bool entry_point);
/* Returns a descriptor that is readable when a child has ended; -1 with errno. */
int watch_children(void);
/* Call when that descriptor is readable. */
void take_signals(void);
/* Call when an entry point has its engine: passes on the signals that have waited, and all later ones. */
void begin_passing_on(pid_t engine);
/*
 * Blocks the signals that an entry point passes on, for example around a fork; returns the previous mask unless before
 * is NULL.
 */
void hold_passed_on(sigset_t *before);
/* Makes this process ignore the signals that terminals and service managers send to all processes. */
void ignore_sent_to_all(void);
/* Reaps children that have ended. An entry point whose engine has ended, ends too. Never waits. */
void reap(void);
/*
 * Put around an operation that may take long or never end: it can be interrupted by the engine's end, which ends this
 * process too.
 */
void begin_loading(void);
void end_loading(void);

/* --- title.c ------------------------------------------------------------------------------------------------------------ */

/*
 * ps shows the space of the arguments. A worker's command line is longer, so the process restarts itself once with more
 * space.
 */
void reserve(int argc, char **argv);
/* Hides the argument that only reserves space. */
struct title show_own(int argc, char **argv, char **copies);

/* --- run.c -------------------------------------------------------------------------------------------------------------- */

/* The executed files are added to the items, so the array must have room for this many more. */
enum { EXECUTED_ITEMS = 2 };

/* Takes from this process the rights that the items name, and becomes the program. */
_Noreturn void run_confined(char **command, char **items, size_t count);

/* --- confine.c --------------------------------------------------------------------------------------------------------- */

enum { PARTS_BYTES = 100 };

/* Applies the items to this process. Lists the parts that are in force; false with a cause if a required one is not. */
bool confine(char **items, size_t count, char parts[PARTS_BYTES], char cause[CAUSE_BYTES]);
/* Disables dumps of a process's memory after a crash, to files and pipes (0 is this process); false with errno. */
bool no_core(pid_t pid);
/* Prints what the kernel supports, one line per feature. */
void tell_confinement(void);

/* --- landlock.c ---------------------------------------------------------------------------------------------------------- */

/* The version of the kernel's interface; 0 if it has none, or does not allow its use here. */
int landlock_abi(void);
/* Leaves this process access only to the files that items name; false with errno. */
bool restrict_files(char **items, size_t count, int abi);

/* --- seccomp.c ----------------------------------------------------------------------------------------------------------- */

/* System calls that only some processes need. */
struct allowed_calls {
  bool unix_sockets;
  bool netlink;
  bool exec;
  bool attributes; /* modes, owners and times of files */
};

bool seccomp_possible(void);
/* Refuses system calls that no worker needs, and those that are not allowed here; false with errno. */
bool filter_calls(const struct allowed_calls *allowed);

/* --- child.c ------------------------------------------------------------------------------------------------------------ */

struct worker {
  const char *token;         /* identifies the worker to the engine */
  const char *engine_socket; /* its stdin is connected to it */
  const char *output_socket; /* its stdout and stderr are connected to it */
  const char *id;            /* the first line that it writes there */
  char **jvm_options;
  size_t jvm_option_count;
  char **arguments; /* of its main method */
  size_t argument_count;
  char **environment;
  char **confinement; /* items for confine */
  size_t confinement_count;
};

/* Turns this newly forked process into the worker. Never returns. */
_Noreturn void become_worker(const struct worker *worker, void *create_jvm, struct title title, pid_t parent);

#endif
