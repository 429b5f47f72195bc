package io.github.backdoor4j.core;

import java.util.Locale;

/**
 * The tensor engine failed, or a computation diverged (NaN loss, constant classifier). Exit code 1.
 */
public final class EngineException extends BackdoorException {

  private static final long serialVersionUID = 1L;

  /**
   * @param template message in {@link String#format} syntax, never {@code null}
   * @param args values of the template
   */
  public EngineException(String template, Object... args) {
    super(args.length == 0 ? template : String.format(Locale.ROOT, template, args));
  }

  /**
   * @param cause what went wrong underneath
   * @param template message in {@link String#format} syntax
   * @param args values of the template
   */
  public EngineException(Throwable cause, String template, Object... args) {
    super(args.length == 0 ? template : String.format(Locale.ROOT, template, args), cause);
  }
}
