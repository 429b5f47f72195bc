package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.Downloader;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * Shows how far files have come: a bar on a terminal, elsewhere a line when the last one is long
 * ago.
 */
final class FetchProgress implements Downloader.Listener, AutoCloseable {

  private static final long PATIENCE = Duration.ofSeconds(10).toNanos();
  private static final int BAR_INTERVAL_MILLIS = 200;
  private static final long MIB = 1L << 20;

  private final PrintWriter out;
  private final boolean terminal;
  private final LongSupplier clock;
  private long lastLine;
  private @Nullable ProgressBar bar;

  FetchProgress(PrintWriter out, boolean terminal) {
    this(out, terminal, System::nanoTime);
  }

  FetchProgress(PrintWriter out, boolean terminal, LongSupplier clock) {
    this.out = out;
    this.terminal = terminal;
    this.clock = clock;
    this.lastLine = clock.getAsLong();
  }

  @Override
  public void onProgress(Downloader.Progress progress) {
    if (terminal) {
      showBar(progress);
    } else if (clock.getAsLong() - lastLine >= PATIENCE) {
      line(text(progress));
    }
    if (progress.bytes() == progress.total()) {
      close();
    }
  }

  private void showBar(Downloader.Progress progress) {
    ProgressBar shown = bar;
    if (shown == null) {
      shown =
          new ProgressBarBuilder()
              .setTaskName(progress.file())
              .setStyle(ProgressBarStyle.ASCII)
              .setConsumer(new CellProgress.ErasedBar())
              .setUpdateIntervalMillis(BAR_INTERVAL_MILLIS)
              .setInitialMax(progress.total())
              .setUnit(" MiB", MIB)
              .showSpeed()
              .clearDisplayOnFinish()
              .startsFrom(progress.bytes(), Duration.ZERO)
              .build();
      bar = shown;
    }
    shown.stepTo(progress.bytes());
  }

  private static String text(Downloader.Progress progress) {
    String total = progress.total() < 0 ? "" : " of " + DataFolders.mebibytes(progress.total());
    double left = progress.secondsLeft();
    return String.format(
        Locale.ROOT,
        "%s: %s%s, %s/s%s",
        progress.file(),
        DataFolders.mebibytes(progress.bytes()),
        total,
        DataFolders.mebibytes((long) progress.rate()),
        Double.isNaN(left) ? "" : ", " + Text.duration(left) + " left");
  }

  @Override
  public void onNotice(String text) {
    line(text);
  }

  private void line(String text) {
    close();
    out.println(text);
    out.flush();
    lastLine = clock.getAsLong();
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
}
