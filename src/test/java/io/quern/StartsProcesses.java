package io.quern;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * Tests that start processes, mostly workers, or that use the location of their classes. Continuous testing skips them,
 * because it loads classes in a way that no other JVM can, and should finish within seconds.
 */
@Tag("processes")
@Inherited
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
public @interface StartsProcesses {}
