package io.github.backdoor4j.core;

import java.util.Locale;

/**
 * The caller asked for something that cannot be: an unknown id, an option out of range. Exit code
 * 2.
 */
public final class UsageException extends BackdoorException {

  private static final long serialVersionUID = 1L;

  /**
   * @param template message in {@link String#format} syntax, never {@code null}
   * @param args values of the template
   */
  public UsageException(String template, Object... args) {
    super(args.length == 0 ? template : String.format(Locale.ROOT, template, args));
  }

  /**
   * @param cause what went wrong underneath
   * @param template message in {@link String#format} syntax
   * @param args values of the template
   */
  public UsageException(Throwable cause, String template, Object... args) {
    super(args.length == 0 ? template : String.format(Locale.ROOT, template, args), cause);
  }
}
