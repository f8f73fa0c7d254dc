/*
 * The launcher: a small single-threaded process that loads what workers need once (libjvm, llama.cpp, on CPU the model) and
 * forks workers from itself; each child makes its JVM after the fork. HotSpot itself cannot be forked: it has threads.
 *
 * Linux only; C11 and libc. Nothing here starts a thread, and no function that may is called between start and fork.
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

/* A message: a length of four bytes, most significant first, then fields that each end in a NUL. */
enum { MESSAGE_MAX_BYTES = 1 << 20, MESSAGE_MAX_FIELDS = 4096 };

struct message {
  char *bytes;
  char *fields[MESSAGE_MAX_FIELDS];
  size_t count;
  size_t next; /* of the fields, for take_* */
};

/* Reads one; false at the end of the stream or if it is broken. Blocks until it is whole. */
bool message_read(int fd, struct message *message);
void message_free(struct message *message);

/* The next field, or NULL if there is none. */
char *message_take(struct message *message);
/* A count and so many fields behind it, as an array that ends in NULL and lives as long as the message; NULL if broken. */
char **message_take_list(struct message *message, size_t *count);

/* Sends the fields, up to a NULL. A failure shows as the end of the stream soon enough. */
void message_send(int fd, const char *first, ...);

/* --- check.c: whether this process may be forked ------------------------------------------------------------------------ */

enum { CAUSE_BYTES = 512 };

/* True if it has one thread and has touched no device; else false, and the cause in words. Fails closed. */
bool fork_is_safe(const char *more_devices, char cause[CAUSE_BYTES]);

/* --- preload.c ---------------------------------------------------------------------------------------------------------- */

/* libjvm's JNI_CreateJavaVM; NULL with a cause. Loads the library at the first call. */
void *preload_jvm(const char *libjvm, char cause[CAUSE_BYTES]);

enum { DEVICE_BYTES = 200 };

/* A function of a library; NULL with a cause. */
void *symbol(void *library, const char *name, char cause[CAUSE_BYTES]);

/*
 * Loads llama.cpp and its CPU backend from a folder, and the model if there is one; tells the share that is done. The address
 * of the model is for children of this process alone. Names what it computes on. Returns libllama, or NULL with a cause.
 */
void *preload_model(const char *folder, const char *model, void (*progress)(float share), void **address,
                    char device[DEVICE_BYTES], char cause[CAUSE_BYTES]);

/* --- context.c ---------------------------------------------------------------------------------------------------------- */

struct context_wish {
  int slots;
  int length; /* tokens per slot; 0: what the model was trained for, up to a limit */
  int threads;
  bool flash; /* attention by the fused kernel */
};

struct context {
  void *address; /* NULL: none could be made */
  int length;
  bool flash;
  double micros_per_token; /* of prefilling; 0: not measured */
};

/* Makes a context for the model and warms it. False with a cause if the model must not be served. */
bool make_context(void *llama, void *model, const struct context_wish *wish, struct context *made,
                  char cause[CAUSE_BYTES]);

/* --- server.c: what the engine asks of a launcher ----------------------------------------------------------------------- */

/* Where the program's own arguments stand, which ps shows, and the environment that it was started with. */
struct title {
  char *begin;
  size_t size;
  char *environment;
  size_t environment_size;
};

void server_init(int to_engine, struct title title, const char *more_devices);
/* Takes one message and does what it says; false at the end of the stream or if it is broken. */
bool server_serve(int from_engine);
/* A process has been waited for: told to the engine if it was a worker. */
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
 * Early: the kernel drops what PID 1 has neither blocked nor a handler for. What comes to an entry point waits until there is an
 * engine; a fork server has no use for it.
 */
void hold_signals(bool entry_point);
/* Returns a descriptor that can be read when a child has ended; -1 with errno. */
int watch_children(void);
/* That descriptor can be read. */
void take_signals(void);
/* An entry point has its engine: what has waited is passed on, and what comes from now on. */
void begin_passing_on(pid_t engine);
/* Holds back the signals that an entry point passes on, such as around a fork; the mask before, if it is asked for. */
void hold_passed_on(sigset_t *before);
/* Makes this process ignore what terminals and service managers send to everybody. */
void ignore_sent_to_all(void);
/* Reaps children that have ended; ends this process with the engine whose parent it is. Never waits. */
void reap(void);
/* Around what may take long, or never end: the engine's end is noticed in between, and ends this process too. */
void begin_loading(void);
void end_loading(void);

/* --- title.c ------------------------------------------------------------------------------------------------------------ */

/* ps shows the space that the arguments take. What a worker shows there is longer, so room is made by starting once more. */
void reserve(int argc, char **argv);
/* Without what is only there for its length. */
struct title show_own(int argc, char **argv, char **copies);

/* --- run.c -------------------------------------------------------------------------------------------------------------- */

/* What is executed is added to the items: the array must have room for so many more. */
enum { EXECUTED_ITEMS = 2 };

/* Takes from this process what the items say, and becomes the program. */
_Noreturn void run_confined(char **command, char **items, size_t count);

/* --- confine.c --------------------------------------------------------------------------------------------------------- */

enum { PARTS_BYTES = 100 };

/* Takes from this process what the items say. Names the parts that are in force; false with a cause if a required one is not. */
bool confine(char **items, size_t count, char parts[PARTS_BYTES], char cause[CAUSE_BYTES]);
/* Makes the kernel dump no memory of a process (0: this one) when it crashes, by file or pipe; false with errno. */
bool no_core(pid_t pid);
/* Prints what the kernel offers, a line each. */
void tell_confinement(void);

/* --- landlock.c ---------------------------------------------------------------------------------------------------------- */

/* The version of the kernel's interface; 0: it has none, or does not allow it here. */
int landlock_abi(void);
/* Leaves open to this process only the files that items name; false with errno. */
bool restrict_files(char **items, size_t count, int abi);

/* --- seccomp.c ----------------------------------------------------------------------------------------------------------- */

/* Calls that some processes need and others do not. */
struct allowed_calls {
  bool unix_sockets;
  bool netlink;
  bool exec;
  bool attributes; /* modes, owners and times of files */
};

bool seccomp_possible(void);
/* Refuses this process what no worker needs, and what is not allowed it; false with errno. */
bool filter_calls(const struct allowed_calls *allowed);

/* --- child.c ------------------------------------------------------------------------------------------------------------ */

struct worker {
  const char *token;         /* tells the engine who connects */
  const char *engine_socket; /* its stdin is connected to that */
  const char *output_socket; /* its stdout and stderr go there */
  const char *id;            /* the first line it says there */
  char **jvm_options;
  size_t jvm_option_count;
  char **arguments; /* of its main */
  size_t argument_count;
  char **environment;
  char **confinement; /* what it has no use for, as confine takes it */
  size_t confinement_count;
};

/* Makes this freshly forked process the worker. Never returns. */
_Noreturn void become_worker(const struct worker *worker, void *create_jvm, struct title title, pid_t parent);

#endif
