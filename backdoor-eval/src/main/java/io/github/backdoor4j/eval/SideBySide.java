package io.github.backdoor4j.eval;

import static io.github.backdoor4j.core.Checks.requireAtLeast;

import com.google.common.base.Throwables;
import com.google.common.util.concurrent.Uninterruptibles;
import io.github.backdoor4j.core.tensor.Engine;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Carries out independent pieces of work, several at a time, each on a thread of its own with its
 * share of the cores. A narrow network keeps two cores busier with two trainings than with one.
 *
 * <p>A piece gives the same numbers wherever it runs, as long as operations use as many threads:
 * with {@code jobs} pieces at a time that is the number of cores divided by {@code jobs}.
 */
final class SideBySide {

  /** Decompositions of large matrices need a deep stack. */
  private static final long STACK = 16L << 20;

  private final int jobs;

  /**
   * @param jobs pieces at a time, at least 1
   */
  SideBySide(int jobs) {
    requireAtLeast("jobs", jobs, 1);
    this.jobs = jobs;
  }

  int jobs() {
    return jobs;
  }

  /** Who watches a piece of work: the listener itself if pieces follow one another. */
  RunListener watching(RunListener listener, String title, int position, int total) {
    return jobs == 1 ? listener : listener.beside(title, position, total, jobs);
  }

  /**
   * The results in the order of the work. If a piece fails, those that have not begun are left out,
   * the others are waited for, and the first failure in that order is thrown.
   */
  <T> List<T> run(List<Supplier<T>> work) {
    if (jobs == 1) {
      return work.stream().map(Supplier::get).toList();
    }
    return withShare(() -> onThreads(work));
  }

  /** A task's result on this thread, where operations use as many threads as those of a piece. */
  <T> T withShare(Supplier<T> task) {
    if (jobs == 1) {
      return task.get();
    }
    int threads = Engine.threads();
    Engine.threads(Math.max(1, threads / jobs));
    try {
      return task.get();
    } finally {
      Engine.threads(threads);
    }
  }

  private <T> List<T> onThreads(List<Supplier<T>> work) {
    AtomicInteger number = new AtomicInteger();
    ExecutorService pool =
        Executors.newFixedThreadPool(
            jobs, task -> new Thread(null, task, "job-" + number.incrementAndGet(), STACK));
    AtomicBoolean failed = new AtomicBoolean();
    List<Future<T>> running = new ArrayList<>();
    for (Supplier<T> piece : work) {
      running.add(pool.submit(() -> unlessFailed(failed, piece)));
    }
    pool.shutdown();
    List<T> results = new ArrayList<>();
    List<Throwable> failures = new ArrayList<>();
    for (Future<T> piece : running) {
      try {
        results.add(Uninterruptibles.getUninterruptibly(piece));
      } catch (ExecutionException e) {
        failures.add(Objects.requireNonNull(e.getCause()));
      }
    }
    failures.removeIf(failure -> failure instanceof CancellationException);
    if (!failures.isEmpty()) {
      Throwables.throwIfUnchecked(failures.get(0));
      throw new IllegalStateException("a supplier throws no checked exception", failures.get(0));
    }
    return results;
  }

  private static <T> T unlessFailed(AtomicBoolean failed, Supplier<T> piece) {
    if (failed.get()) {
      throw new CancellationException();
    }
    try {
      return piece.get();
    } catch (RuntimeException | Error e) {
      failed.set(true);
      throw e;
    }
  }
}
