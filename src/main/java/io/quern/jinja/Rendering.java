package io.quern.jinja;

import java.time.Clock;
import java.util.Map;

/**
 * One rendering of one template.
 *
 * @param globals what names mean that no frame knows
 */
record Rendering(Map<String, Object> globals, Budget budget, Clock clock) {}
