package io.github.backdoor4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Runs the micro-benchmarks, each in a process of its own, and prints their table; never part of
 * the everyday tests. {@code -Djmh.include=Stamp} chooses some by name.
 */
@Tag("benchmark")
class MicroBenchmarksTest {

  private static final TimeValue ITERATION = TimeValue.milliseconds(400);

  @Test
  void smallParts_areMeasured() throws RunnerException {
    var results =
        new Runner(
                new OptionsBuilder()
                    .include(System.getProperty("jmh.include", "Benchmark"))
                    .forks(1)
                    .warmupIterations(3)
                    .warmupTime(ITERATION)
                    .measurementIterations(5)
                    .measurementTime(ITERATION)
                    .shouldFailOnError(true)
                    .build())
            .run();

    assertThat(results).isNotEmpty().allMatch(result -> result.getPrimaryResult().getScore() > 0);
  }
}
