package io.github.backdoor4j.core;

import java.time.Duration;

/** An address did not give the file; another one, or the same one later, may. */
final class Refusal extends Exception {

  private static final long serialVersionUID = 1L;

  private final boolean temporary;
  private final Duration delay;

  private Refusal(String message, boolean temporary, Duration delay) {
    super(message);
    this.temporary = temporary;
    this.delay = delay;
  }

  /** It is no use to ask there again. */
  static Refusal forGood(String message) {
    return new Refusal(message, false, Duration.ZERO);
  }

  /** It may work the next time. */
  static Refusal forNow(String message) {
    return new Refusal(message, true, Duration.ZERO);
  }

  /** It may work after a time that the server named. */
  static Refusal until(Duration delay, String message) {
    return new Refusal(message, true, delay);
  }

  boolean temporary() {
    return temporary;
  }

  /** How long the server wants us to wait; zero if it did not say. */
  Duration delay() {
    return delay;
  }
}
