package io.github.backdoor4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The program as it is, with fewer images and epochs. */
class Dl4jModelTest {

  @Test
  @Tag("long")
  void dl4jModel_isMeasuredAndScanned() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream before = System.out;
    System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      Dl4jModel.main(new String[] {"1000", "2", "2"});
    } finally {
      System.setOut(before);
    }

    assertThat(bytes.toString(StandardCharsets.UTF_8).lines())
        .anyMatch(line -> line.matches("model: c_acc 0\\.\\d{3} of 1000"))
        .anyMatch(line -> line.matches("model: asr 0\\.\\d{3} of \\d+"))
        .anyMatch(line -> line.matches("strip: auroc [01]\\.\\d{3} of 40000"))
        .anyMatch(line -> line.matches("activation-clustering: auroc [01]\\.\\d{3} of \\d+"))
        .anyMatch(line -> line.startsWith("neural-cleanse: backdoored "));
  }
}
