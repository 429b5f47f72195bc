package io.github.backdoor4j.core.spi;

/** The options of something that has none. */
public record NoOptions() {

  /** The only value. */
  public static final NoOptions NONE = new NoOptions();
}
