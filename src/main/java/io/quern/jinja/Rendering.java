package io.quern.jinja;

import java.time.Clock;
import java.util.Map;

/**
 * One rendering of one template.
 *
 * @param globals values of names that no frame defines
 */
record Rendering(Map<String, Object> globals, Budget budget, Clock clock) {}
