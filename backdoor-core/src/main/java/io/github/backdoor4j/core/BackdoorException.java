package io.github.backdoor4j.core;

import java.util.Objects;

/**
 * Root of every exception that Backdoor4J throws on purpose. There is one branch for each culprit:
 * {@link UsageException} (the caller), {@link DataException} (a file or data set), {@link
 * EngineException} (the tensor engine or a diverging computation) and {@link
 * NotApplicableException} (the method cannot act on this input; a benchmark records the reason and
 * goes on).
 *
 * <p>Every message names the thing, its value, what is allowed and the remedy.
 */
public abstract sealed class BackdoorException extends RuntimeException
    permits UsageException, DataException, EngineException, NotApplicableException {

  private static final long serialVersionUID = 1L;

  BackdoorException(String message) {
    super(message);
  }

  BackdoorException(String message, Throwable cause) {
    super(message, cause);
  }

  /** The message; never {@code null}. */
  @Override
  public String getMessage() {
    return Objects.requireNonNullElse(super.getMessage(), "");
  }
}
