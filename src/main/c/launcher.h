/*
 * The launcher: a small single-threaded process that loads once what all workers need (libjvm, llama.cpp, and on a CPU
 * the model) and then forks workers. A JVM has threads and cannot be forked safely, so each child creates its own JVM
 * after the fork.
 *
 * Linux only; C11 and libc. The launcher starts no thread, and before a fork it calls no function that may start one.
 */
#ifndef QUERN_LAUNCHER_H
#define QUERN_LAUNCHER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct rusage;

/* --- message.c: the messages between engine and launcher ---------------------------------------------------------------- */

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
/* Reads a count and that many fields. Returns them in an array that lives as long as the message; NULL if malformed. */
char **message_take_list(struct message *message, size_t *count);

/* Sends the fields up to a NULL. Ignores failures: after one, the next message_read finds the end of the stream. */
void message_send(int fd, const char *first, ...);

/* --- check.c: whether this process may be forked ------------------------------------------------------------------------ */

enum { CAUSE_BYTES = 512 };

/*
 * True if the process has one thread, no open device and no mapped driver; otherwise false with a cause. Also false if
 * this cannot be determined.
 */
bool fork_is_safe(const char *more_devices, char cause[CAUSE_BYTES]);

/* --- preload.c ---------------------------------------------------------------------------------------------------------- */

/* Returns libjvm's JNI_CreateJavaVM, or NULL with a cause. The first call loads the library. */
void *preload_jvm(const char *libjvm, char cause[CAUSE_BYTES]);

enum { DEVICE_BYTES = 200 };

/* Returns a function of a library, or NULL with a cause. */
void *symbol(void *library, const char *name, char cause[CAUSE_BYTES]);

/*
 * Loads llama.cpp and its CPU backend from a folder, then the model if there is one, and reports progress. Stores the
 * model's address, which is valid only in children of this process, and the name of the device that computes. Returns
 * libllama, or NULL with a cause.
 */
void *preload_model(const char *folder, const char *model, void (*progress)(float share), void **address,
                    char device[DEVICE_BYTES], char cause[CAUSE_BYTES]);

/* --- zeros.c ------------------------------------------------------------------------------------------------------------ */

/*
 * Says whether libraries fill large areas with zeros by returning the pages to the kernel. The areas must not be mapped
 * from files: use it only while llama.cpp allocates memory of its own.
 */
void zero_lazily(bool on);

struct area {
  void *begin;
  size_t bytes;
};

/* Returns the largest area that was filled in this way since it was last switched on; NULL if there was none. */
struct area largest_zeroed(void);

/* --- huge.c ------------------------------------------------------------------------------------------------------------- */

/* Remembers the memory that this process has now. */
void remember_memory(void);

/*
 * Moves the large areas of private memory that this process has got since into huge pages, unless the system forbids
 * that. All of their pages must have been touched. Reports progress while it is busy.
 */
void use_huge_pages(void (*progress)(float share));

/* --- context.c ---------------------------------------------------------------------------------------------------------- */

struct context_wish {
  int slots;
  int length; /* tokens per slot; 0 for the model's training length, up to a limit */
  int threads;
  bool flash; /* whether attention uses the fused kernel */
  bool bf16_keys; /* whether the cache holds keys in BF16 instead of F16 */
};

struct context {
  void *address; /* NULL if none could be created */
  int length;
  bool flash;
  bool bf16_keys;
  double micros_per_token; /* of prefill; 0 if not measured */
  struct area cache;       /* of the KV cache; NULL if it was not seen */
  void *node_hook;         /* where a worker puts the function that sees each node of the context's graphs */
};

/* Creates and warms up a context for the model. False with a cause if the model must not be served. */
bool make_context(void *llama, void *model, const struct context_wish *wish, struct context *made,
                  char cause[CAUSE_BYTES]);

/* --- server.c: executes the engine's messages --------------------------------------------------------------------------- */

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
/* Reports a process that has been waited for to the engine, if it was a worker. */
void server_reaped(pid_t pid, int status, const struct rusage *usage);
/* Kills the children, waits for them and exits. */
_Noreturn void server_end(int status);

/* --- entry.c ------------------------------------------------------------------------------------------------------------ */

/* Starts the command, connected to this process by two pipes. Returns its pid, or -1 with errno. */
pid_t start_engine(char **command, int *from_engine, int *to_engine);

/* --- launcher.c --------------------------------------------------------------------------------------------------------- */

/* As in sysexits.h. */
enum { EXIT_USAGE = 64, EXIT_LOST = 70 };

/* --- signals.c ---------------------------------------------------------------------------------------------------------- */

/*
 * Blocks signals to an entry point until its engine runs; makes a fork server ignore them. Call it early: the kernel
 * discards signals to PID 1 that are neither blocked nor handled.
 */
void hold_signals(bool entry_point);
/* Returns a descriptor that is readable after a child has ended, or -1 with errno. */
int watch_children(void);
/* Call when that descriptor is readable. */
void take_signals(void);
/* Passes blocked signals and all later ones on to the engine of an entry point. */
void begin_passing_on(pid_t engine);
/*
 * Blocks the signals that an entry point passes on, for example during a fork. Stores the previous mask unless before
 * is NULL.
 */
void hold_passed_on(sigset_t *before);
/* Makes this process ignore the signals that terminals and service managers send to all processes. */
void ignore_sent_to_all(void);
/* Reaps children that have ended, without waiting. If the engine of an entry point has ended, ends this process too. */
void reap(void);
/*
 * Enclose an operation that may take long or never end. If the engine ends in the meantime, this process ends at once.
 */
void begin_loading(void);
void end_loading(void);

/* --- title.c ------------------------------------------------------------------------------------------------------------ */

/*
 * Restarts this process once with a long extra argument. ps shows the memory of the original arguments, and a worker's
 * command line needs more space than they have.
 */
void reserve(int argc, char **argv);
/* Removes the extra argument from what ps shows. */
struct title show_own(int argc, char **argv, char **copies);

/* --- run.c -------------------------------------------------------------------------------------------------------------- */

/* run_confined adds the files that it executes to the items, so the array must have room for this many more. */
enum { EXECUTED_ITEMS = 2 };

/* Gives up the rights that the items name, and becomes the program. */
_Noreturn void run_confined(char **command, char **items, size_t count);

/* --- confine.c --------------------------------------------------------------------------------------------------------- */

enum { PARTS_BYTES = 100 };

/* Applies the items to this process and lists the parts in force. False with a cause if a required one cannot be. */
bool confine(char **items, size_t count, char parts[PARTS_BYTES], char cause[CAUSE_BYTES]);
/* Disables memory dumps, to files and to pipes, when a process crashes (0 is this process); false with errno. */
bool no_core(pid_t pid);
/* Prints which restrictions the kernel supports, one per line. */
void print_confinement(void);

/* --- landlock.c ---------------------------------------------------------------------------------------------------------- */

/* Returns the version of the kernel's interface, or 0 if it has none or does not allow its use here. */
int landlock_abi(void);
/* Restricts this process to the files that the items name; false with errno. */
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
