package io.quern.launch;

/**
 * Something that keeps children from outliving the process they serve.
 *
 * @param name such as "parent-death-signal"
 * @param active whether it is in force
 * @param detail what was seen, or why it is not in force
 */
public record Guard(String name, boolean active, String detail) {}
