package io.github.backdoor4j.core;

import java.util.Locale;

/**
 * A method cannot act on its input for a stated reason, for example a clean-label ratio larger than
 * the target class. Sweeps record the reason and go on; a single run ends with exit code 2.
 */
public final class NotApplicableException extends BackdoorException {

  private static final long serialVersionUID = 1L;

  /**
   * @param template message in {@link String#format} syntax, never {@code null}
   * @param args values of the template
   */
  public NotApplicableException(String template, Object... args) {
    super(args.length == 0 ? template : String.format(Locale.ROOT, template, args));
  }

  /**
   * @param cause what went wrong underneath
   * @param template message in {@link String#format} syntax
   * @param args values of the template
   */
  public NotApplicableException(Throwable cause, String template, Object... args) {
    super(args.length == 0 ? template : String.format(Locale.ROOT, template, args), cause);
  }
}
