package io.github.backdoor4j.core.record;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Describes one option, for {@code describe} and the documentation. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Doc {

  /** What the option does, with its unit and the paper's section where it comes from. */
  String value();

  /** What is allowed, for example {@code (0, 1]} or {@code at least 1}. */
  String range() default "";
}
