package io.github.backdoor4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * On models that are really trained, attacks and repairs reach what {@code attacks.yaml} and {@code
 * defenses.yaml} say that they must. Hours on two cores: {@code -Plong -Dtest=SelfTestsTest}. What
 * the commands print goes to {@code target/selftest-*.txt}.
 */
@Tag("long")
class SelfTestsTest {

  /** One for both, so that repairs find the models. */
  @TempDir private static Path out;

  @Test
  void everyAttack_reachesItsBand() throws IOException, InterruptedException {
    assertThat(exitCode("attacks")).as("see target/selftest-attacks.txt").isZero();
    assertThat(out.resolve("attacks.csv")).isNotEmptyFile();
  }

  @Test
  void enoughRepairs_reachTheirs() throws IOException, InterruptedException {
    assertThat(exitCode("defenses")).as("see target/selftest-defenses.txt").isZero();
    assertThat(out.resolve("defenses.csv")).isNotEmptyFile();
  }

  /** Of the command in a process of its own, as the launcher starts it. */
  private static int exitCode(String kind) throws IOException, InterruptedException {
    Path log = Files.createDirectories(Path.of("target")).resolve("selftest-" + kind + ".txt");
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx2g",
                "-XX:+UseSerialGC",
                "-Xss8m",
                "-cp",
                classPath,
                "io.github.backdoor4j.eval.Backdoor4j",
                "selftest",
                kind,
                "--out",
                out.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder
        .environment()
        .putAll(
            Map.of(
                "GOMP_SPINCOUNT", "1000",
                "MALLOC_ARENA_MAX", "1",
                "MALLOC_MMAP_MAX_", "0",
                "MALLOC_TRIM_THRESHOLD_", "17179869184",
                "MALLOC_TOP_PAD_", "134217728"));
    Process process = builder.start();
    try {
      return process.waitFor();
    } finally {
      process.destroy(); // if the test was stopped
    }
  }
}
