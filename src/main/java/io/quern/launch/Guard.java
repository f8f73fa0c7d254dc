package io.quern.launch;

/**
 * A mechanism that prevents child processes from outliving the process that they serve.
 *
 * @param name the guard's name, such as "parent-death-signal"
 * @param active whether the guard works here
 * @param detail what was observed, or why the guard does not work
 */
public record Guard(String name, boolean active, String detail) {}
