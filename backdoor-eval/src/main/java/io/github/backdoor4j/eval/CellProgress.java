package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.tensor.Engine;
import io.github.backdoor4j.core.train.EpochReport;
import io.github.backdoor4j.core.train.TrainingHistory;
import io.github.backdoor4j.core.train.TrainingListener;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * Shows how far a run is: a line when a cell begins and one when it ends; in between a bar on a
 * terminal, elsewhere a line for an epoch when the last line is long ago.
 */
final class CellProgress implements RunListener, AutoCloseable {

  private static final long PATIENCE = Duration.ofSeconds(10).toNanos();
  private static final int BAR_INTERVAL_MILLIS = 200;
  private static final String INDENT = "        ";

  private final PrintWriter out;
  private final boolean terminal;
  private final boolean everyEpoch;
  private final LongSupplier clock;
  private final long started;
  private long lastLine;
  private boolean estimates;
  private boolean begun;
  private @Nullable ProgressBar bar;

  CellProgress(PrintWriter out, boolean terminal, boolean everyEpoch) {
    this(out, terminal, everyEpoch, System::nanoTime);
  }

  CellProgress(PrintWriter out, boolean terminal, boolean everyEpoch, LongSupplier clock) {
    this.out = out;
    this.terminal = terminal;
    this.everyEpoch = everyEpoch;
    this.clock = clock;
    this.started = clock.getAsLong();
  }

  private void line(String template, Object... args) {
    close();
    out.println(String.format(Locale.ROOT, template, args));
    out.flush();
    lastLine = clock.getAsLong();
  }

  /** Has a run begin with what it will cost. */
  CellProgress withEstimate() {
    estimates = true;
    return this;
  }

  @Override
  public boolean wantsEstimate() {
    return estimates;
  }

  @Override
  public void onEstimate(CostEstimate estimate) {
    if (!estimate.lines().isEmpty()) {
      EstimateTable.lines(estimate).forEach(text -> line("%s", text));
    }
  }

  @Override
  public void onCell(int position, int total, String title) {
    int digits = Integer.toString(total).length();
    line("[%" + digits + "d/%d] %s", position, total, title);
  }

  @Override
  public void onRecord(ResultRecord result, boolean found) {
    line("%s%s", INDENT, outcome(result, found));
  }

  /** What came out, in one line. */
  static String outcome(ResultRecord result, boolean found) {
    String numbers =
        switch (result.status()) {
          case OK -> numbers(result);
          case NOT_APPLICABLE -> "not applicable: " + result.reason();
          case FAILED -> "failed: " + result.reason().lines().findFirst().orElse("");
        };
    return numbers
        + (found
            ? ", found on disk" + otherThreads(result)
            : ", " + Text.duration(result.seconds()));
  }

  /** Sums of other threads are rounded otherwise, which training magnifies. */
  private static String otherThreads(ResultRecord result) {
    int threads = result.provenance().threads();
    return result.status() != ResultRecord.Status.OK || threads == Engine.threads()
        ? ""
        : " (made with "
            + ReportText.count(threads, "thread")
            + ", now "
            + Engine.threads()
            + ": do not mix them in a table)";
  }

  @Override
  public RunListener beside(String title, int position, int total, int atOnce) {
    return new JobLines(out, started, clock).begin(title, position, total, atOnce);
  }

  private static String numbers(ResultRecord result) {
    StringBuilder text = new StringBuilder();
    add(text, "C-Acc %s %%", Text.percent(result.value("c_acc")));
    add(text, "ASR %s %%", Text.percent(result.value("asr")));
    add(text, "AUROC %s", ReportText.fixed(result.value("auroc"), 3));
    double verdict = result.value("verdict");
    if (!Double.isNaN(verdict)) {
      add(text, "%s", verdict == 1 ? "called backdoored" : "called clean");
    }
    return text.length() == 0 ? "done" : text.toString();
  }

  private static void add(StringBuilder text, String template, String value) {
    if (!value.equals(ReportText.MISSING)) {
      text.append(text.length() == 0 ? "" : ", ");
      text.append(String.format(Locale.ROOT, template, value));
    }
  }

  private static ProgressBar bar(String name, long done, long steps) {
    return new ProgressBarBuilder()
        .setTaskName(name)
        .setStyle(ProgressBarStyle.ASCII)
        .setConsumer(new ErasedBar())
        .setUpdateIntervalMillis(BAR_INTERVAL_MILLIS)
        .setInitialMax(steps)
        .setUnit(" steps", 1)
        .showSpeed()
        .clearDisplayOnFinish()
        .startsFrom(done, Duration.ZERO)
        .build();
  }

  /** Ends the bar, if one is shown. */
  @Override
  public void close() {
    ProgressBar shown = bar;
    bar = null;
    if (shown != null) {
      shown.close();
    }
  }

  @Override
  public TrainingListener trainings() {
    return new Training();
  }

  /** Since the Java machine was started, which is what a user waits for. */
  private static double secondsOfProcess() {
    return ManagementFactory.getRuntimeMXBean().getUptime() / 1e3;
  }

  /** One training after the other. */
  private final class Training implements TrainingListener {

    private String purpose = "";
    private int epochs;

    @Override
    public void onStart(String what, int firstEpoch, int allEpochs, int stepsPerEpoch) {
      close();
      purpose = what;
      epochs = allEpochs;
      if (terminal && !everyEpoch) {
        long done = (long) firstEpoch * stepsPerEpoch;
        bar = bar(INDENT + what, done, (long) allEpochs * stepsPerEpoch);
      }
    }

    @Override
    public void onStep(int epoch, int step) {
      if (everyEpoch && !begun) {
        begun = true;
        line("%sfirst batch after %s s", INDENT, ReportText.fixed(secondsOfProcess(), 2));
      }
      ProgressBar shown = bar;
      if (shown != null) {
        shown.step();
      }
    }

    @Override
    public EpochReport onEpoch(EpochReport report) {
      boolean late = bar == null && clock.getAsLong() - lastLine >= PATIENCE;
      if (everyEpoch || late) {
        int left = epochs - report.epoch() - 1;
        line(
            "%s%s: epoch %d of %d, loss %s, %s per epoch%s",
            INDENT,
            purpose,
            report.epoch() + 1,
            epochs,
            ReportText.fixed(report.mean("loss"), 3),
            Text.duration(report.seconds()),
            left == 0 ? "" : ", " + Text.duration(report.seconds() * left) + " left");
      }
      return report;
    }

    @Override
    public void onEnd(TrainingHistory history) {
      close();
    }
  }

  /** Leaves no line behind: the library's own consumer ends the erased bar with a line feed. */
  static final class ErasedBar extends ConsoleProgressBarConsumer {
    ErasedBar() {
      super(System.err);
    }

    @Override
    public void close() {
      System.err.flush();
    }
  }
}
