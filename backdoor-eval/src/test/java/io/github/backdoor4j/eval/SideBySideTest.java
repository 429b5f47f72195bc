package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.Uninterruptibles;
import io.github.backdoor4j.core.tensor.Engine;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SideBySideTest {

  private int threads;

  @BeforeEach
  void rememberThreads() {
    threads = Engine.threads();
    Engine.threads(4);
  }

  @AfterEach
  void restoreThreads() {
    Engine.threads(threads);
  }

  private static boolean await(CountDownLatch latch) {
    try {
      return latch.await(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void run_givesResultsInOrder_andItsShareOfTheCoresToEach() {
    Set<String> names = ConcurrentHashMap.newKeySet();
    List<Supplier<String>> work = new ArrayList<>();
    CountDownLatch both = new CountDownLatch(2);
    for (int i = 0; i < 4; i++) {
      int number = i;
      work.add(
          () -> {
            both.countDown();
            await(both); // the first two can only go on together
            names.add(Thread.currentThread().getName());
            return number + ":" + Engine.threads();
          });
    }

    List<String> results = new SideBySide(2).run(work);

    assertThat(results).containsExactly("0:2", "1:2", "2:2", "3:2");
    assertThat(names).containsExactlyInAnyOrder("job-1", "job-2");
    assertThat(Engine.threads()).isEqualTo(4);
  }

  @Test
  void run_ofOneAtATime_staysOnTheCallersThread_withAllCores() {
    Thread here = Thread.currentThread();

    List<Boolean> results =
        new SideBySide(1)
            .run(List.of(() -> Thread.currentThread() == here && Engine.threads() == 4));

    assertThat(results).containsExactly(true);
  }

  @Test
  void withShare_hasTheThreadsOfAPiece_andGivesThemBack() {
    SideBySide two = new SideBySide(2);

    assertThat(two.<Integer>withShare(Engine::threads)).isEqualTo(2);
    assertThat(Engine.threads()).isEqualTo(4);
    assertThatThrownBy(
            () ->
                two.withShare(
                    () -> {
                      throw new IllegalStateException("broken");
                    }))
        .hasMessage("broken");
    assertThat(Engine.threads()).isEqualTo(4);
  }

  @Test
  void run_withAPieceThatFails_waitsForThoseUnderWay_andLeavesTheRestOut() {
    CountDownLatch underWay = new CountDownLatch(1);
    CompletableFuture<Thread> failing = new CompletableFuture<>();
    AtomicInteger finished = new AtomicInteger();
    AtomicInteger begun = new AtomicInteger();
    List<Supplier<Integer>> work = new ArrayList<>();
    work.add(
        () -> {
          underWay.countDown();
          // a thread ends when it finds no more work, which is after its failure has been seen
          Uninterruptibles.joinUninterruptibly(failing.join());
          return finished.incrementAndGet();
        });
    work.add(
        () -> {
          await(underWay);
          failing.complete(Thread.currentThread());
          throw new IllegalArgumentException("broken");
        });
    for (int i = 0; i < 50; i++) {
      work.add(begun::incrementAndGet);
    }

    assertThatThrownBy(() -> new SideBySide(2).run(work))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("broken");
    assertThat(finished).hasValue(1);
    assertThat(begun).hasValue(0);
    assertThat(Engine.threads()).isEqualTo(4);
  }

  @Test
  void jobs_belowOne_areRefused() {
    assertThatThrownBy(() -> new SideBySide(0)).hasMessageContaining("jobs");
  }
}
