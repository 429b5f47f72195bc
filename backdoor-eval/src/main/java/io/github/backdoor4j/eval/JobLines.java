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

  /** Pieces that are found on disk say nothing of how long others take. */
  private static final double SOON = 10;

  private final PrintWriter out;
  private final long start;
  private final LongSupplier clock;
  private String cell = "";

  /**
   * @param start when the run began, by the clock
   * @param clock in nanoseconds
   */
  JobLines(PrintWriter out, long start, LongSupplier clock) {
    this.out = out;
    this.start = start;
    this.clock = clock;
  }

  /**
   * Says that a piece begins, and roughly when all will be done: as if those to come took as long
   * as those before, of which the ones still under way are half done on average.
   */
  JobLines begin(String title, int position, int total, int atOnce) {
    int digits = Integer.toString(total).length();
    String left = "";
    double seconds = (clock.getAsLong() - start) / NANOS;
    double done = position - 1 - (atOnce - 1) / 2.0;
    if (position > atOnce && seconds > SOON) {
      left = ", about " + Text.duration(seconds / done * (total - done)) + " left";
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
