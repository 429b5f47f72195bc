package io.github.backdoor4j.core;

import java.util.Locale;

/** A file, folder or data set is missing, broken or not what it claims to be. Exit code 3. */
public final class DataException extends BackdoorException {

  private static final long serialVersionUID = 1L;

  /**
   * @param template message in {@link String#format} syntax, never {@code null}
   * @param args values of the template
   */
  public DataException(String template, Object... args) {
    super(args.length == 0 ? template : String.format(Locale.ROOT, template, args));
  }

  /**
   * @param cause what went wrong underneath
   * @param template message in {@link String#format} syntax
   * @param args values of the template
   */
  public DataException(Throwable cause, String template, Object... args) {
    super(args.length == 0 ? template : String.format(Locale.ROOT, template, args), cause);
  }
}
