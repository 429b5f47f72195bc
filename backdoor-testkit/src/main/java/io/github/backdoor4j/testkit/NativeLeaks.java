package io.github.backdoor4j.testkit;

import io.github.backdoor4j.core.tensor.TensorScope;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.api.Assertions;
import org.bytedeco.javacpp.Pointer;

/** Checks that code leaves no native memory behind when the scope around it closes. */
public final class NativeLeaks {

  private static final int ATTEMPTS = 3;
  private static final int MAX_ROUNDS = 20;
  private static final Duration PAUSE = Duration.ofMillis(10);

  private NativeLeaks() {}

  /**
   * Runs an action in a scope of its own several times, and fails if the number of live native
   * objects grows every time. The first run may fill caches.
   *
   * @param action leaves nothing behind on purpose
   */
  public static void assertNone(Runnable action) {
    inScope(action);
    long growth = 0;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      long before = settledCount();
      inScope(action);
      growth = Pointer.totalCount() - before;
      if (growth <= 0) {
        return;
      }
    }
    Assertions.fail(
        "%d native objects outlive the scope around each run; something was retained and never"
            + " released",
        growth);
  }

  /** Live native objects once the collector has freed what other tests left without a scope. */
  private static long settledCount() {
    long count = Pointer.totalCount();
    for (int round = 0; round < MAX_ROUNDS; round++) {
      System.gc();
      Pointer.deallocateReferences();
      LockSupport.parkNanos(PAUSE.toNanos()); // the collector hands over references on its thread
      long now = Pointer.totalCount();
      if (round > 0 && now == count) {
        return now;
      }
      count = now;
    }
    return count;
  }

  private static void inScope(Runnable action) {
    try (TensorScope scope = TensorScope.open()) {
      action.run();
    }
  }
}
