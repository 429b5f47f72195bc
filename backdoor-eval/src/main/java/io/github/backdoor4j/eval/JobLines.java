package io.github.backdoor4j.eval;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Shows how far one of several pieces of work is that go on side by side: a line when it begins and
 * one for each result, every line whole and with its name, since others write between.
 */
final class JobLines implements RunListener {

  private static final double NANOS = 1e9;

  /** The first pieces all begin at once, when nothing is known yet. */
  private static final double SOON = 10;

  private final PrintWriter out;
  private String cell = "";

  JobLines(PrintWriter out) {
    this.out = out;
  }

  /**
   * Says that a piece begins, and roughly when all will be done: as if those to come took as long
   * as those that began before.
   *
   * @param start when the first began, by the clock
   */
  JobLines begin(String title, int position, int total, long start, LongSupplier clock) {
    int digits = Integer.toString(total).length();
    String left = "";
    double seconds = (clock.getAsLong() - start) / NANOS;
    if (position > 1 && seconds > SOON) {
      double each = seconds / (position - 1);
      left = ", about " + Text.duration(each * (total - position + 1)) + " left";
    }
    line("[%" + digits + "d/%d] %s begins%s", position, total, title, left);
    return this;
  }

  private void line(String template, Object... args) {
    out.println(String.format(Locale.ROOT, template, args)); // one call, so lines stay whole
    out.flush();
  }

  @Override
  public void onCell(int position, int total, String title) {
    cell = title;
  }

  @Override
  public void onRecord(ResultRecord result, boolean found) {
    line("        %s: %s", cell, CellProgress.outcome(result, found));
  }
}
