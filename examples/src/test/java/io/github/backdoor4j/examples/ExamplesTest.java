package io.github.backdoor4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.core.tensor.Engine;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs run as they are, with fewer epochs and a narrower network. */
class ExamplesTest {

  private static int threads;

  private static final String SHORT =
      """
      model: {id: plain-cnn, options: {width: 4}}
      training: {epochs: 1, batch_size: 256}
      runtime_inputs: 20
      watch_images: 0
      """;
  private static final String QUICK_START =
      SHORT
          + """
          attack: {id: badnets, options: {ratio: 0.1}}
          defenses:
            - {id: fine-pruning, options: {tuning: {epochs: 1}}}
            - {id: strip, options: {samples: 5, calibration_images: 50}}
          """;

  @TempDir private Path folder;

  /** A network this small is quicker without a second thread, far more so on a busy machine. */
  @BeforeAll
  static void oneThread() {
    threads = Engine.threads();
    Engine.threads(1);
  }

  @AfterAll
  static void allThreads() {
    Engine.threads(threads);
  }

  @Test
  void quickStart_measuresModelsAndDetectors_andFindsItsResultsAgain() throws IOException {
    String[] args = {folder.resolve("out").toString(), file(QUICK_START).toString()};

    List<String> lines = output(() -> QuickStart.main(args));

    assertThat(lines)
        .contains("ATTACK ", "CONTROL ", "DEFENSE fine-pruning", "DEFENSE strip")
        .anyMatch(line -> line.matches(" {2}c_acc +[01]\\.\\d{3} of 2000"))
        .anyMatch(line -> line.matches(" {2}asr +[01]\\.\\d{3} of 1800"))
        .anyMatch(line -> line.matches(" {2}auroc +[01]\\.\\d{3} of 400"));
    assertThat(output(() -> QuickStart.main(args))).isEqualTo(lines);
  }

  @Test
  void compareDefenses_printsMeanAndDeviation() throws IOException {
    String tunings =
        """
        defenses:
          - {id: fine-tuning, options: {tuning: {epochs: 1}}}
          - {id: fine-pruning, options: {tuning: {epochs: 1}}}
        """;
    String[] args = {"badnets", folder.resolve("out").toString(), file(SHORT + tunings).toString()};

    List<String> lines = output(() -> CompareDefenses.main(args));

    String number = " +\\d+\\.\\d ± +\\d+\\.\\d";
    assertThat(lines).hasSize(4);
    assertThat(lines.get(1)).matches("none" + number.repeat(2) + " +-");
    assertThat(lines.get(2)).matches("fine-tuning" + number.repeat(3));
    assertThat(lines.get(3)).matches("fine-pruning" + number.repeat(3));
  }

  @Test
  void compareDefenses_takesEveryRepair() {
    assertThat(CompareDefenses.repairs(Registries.load()))
        .contains("fine-tuning", "fine-pruning", "neural-cleanse")
        .doesNotContain("strip");
  }

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("plan.yaml"), text);
  }

  private interface Program {
    void run() throws IOException;
  }

  private static List<String> output(Program program) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream before = System.out;
    System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      program.run();
    } finally {
      System.setOut(before);
    }
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }
}
