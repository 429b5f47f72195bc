package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.backdoor4j.core.record.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KnownSpeedsTest {

  private static final Instant MONDAY = Instant.parse("2026-03-02T08:00:00Z");

  @TempDir private Path folder;
  private Instant now = MONDAY;
  private int measurements;
  private KnownSpeeds speeds;

  @BeforeEach
  void open() {
    speeds = new KnownSpeeds(folder.resolve("speed"), () -> now);
  }

  private static ObjectNode network(String model) {
    return Json.mapper().createObjectNode().put("model", model).put("threads", 2);
  }

  private KnownSpeeds.Known ask(String model, boolean fresh) {
    return speeds.of(
        network(model),
        fresh,
        () -> {
          measurements++;
          return new NetworkSpeed(0.25 * measurements, 0.5 * measurements);
        });
  }

  @Test
  void firstQuestion_measures_andTheSecondReadsItWithItsAge() {
    KnownSpeeds.Known first = ask("resnet18", false);
    now = MONDAY.plus(Duration.ofHours(3));
    KnownSpeeds.Known second = ask("resnet18", false);

    assertThat(first).isEqualTo(new KnownSpeeds.Known(new NetworkSpeed(0.25, 0.5), Duration.ZERO));
    assertThat(second)
        .isEqualTo(new KnownSpeeds.Known(new NetworkSpeed(0.25, 0.5), Duration.ofHours(3)));
    assertThat(measurements).isEqualTo(1);
  }

  @Test
  void anotherNetwork_orFresh_measuresAgain() {
    ask("resnet18", false);
    ask("vgg19", false);
    ask("resnet18", true);

    assertThat(measurements).isEqualTo(3);
    assertThat(ask("resnet18", false).speed()).isEqualTo(new NetworkSpeed(0.75, 1.5));
  }

  @Test
  void speedOfLastWeek_isMeasuredAgain() {
    ask("resnet18", false);
    now = MONDAY.plus(KnownSpeeds.KEPT).minusSeconds(1);
    ask("resnet18", false);
    assertThat(measurements).isEqualTo(1);

    now = MONDAY.plus(KnownSpeeds.KEPT);
    assertThat(ask("resnet18", false).age()).isZero();
    assertThat(measurements).isEqualTo(2);
  }

  @Test
  void speedFromTheFuture_isMeasuredAgain() {
    ask("resnet18", false);
    now = MONDAY.minusSeconds(60);

    assertThat(ask("resnet18", false).age()).isZero();
    assertThat(measurements).isEqualTo(2);
  }

  @Test
  void damagedFile_isMeasuredAgain_andReplaced() throws IOException {
    ask("resnet18", false);
    Files.writeString(onlyFile(), "{\"what\": {}, \"speed\"");

    ask("resnet18", false);
    ask("resnet18", false);

    assertThat(measurements).isEqualTo(2);
  }

  @Test
  void unwritableCache_isNoFailure() throws IOException {
    speeds = new KnownSpeeds(Files.createFile(folder.resolve("file")).resolve("speed"), () -> now);

    assertThat(ask("resnet18", false).speed()).isEqualTo(new NetworkSpeed(0.25, 0.5));
    assertThat(ask("resnet18", false).age()).isZero();
    assertThat(measurements).isEqualTo(2);
  }

  @Test
  void estimate_saysHowOldItsSpeedIs() {
    List<CostEstimate.Line> lines = List.of(new CostEstimate.Line("strip", 1, 2.0, 3.0));

    assertThat(EstimateTable.lines(new CostEstimate(lines, Duration.ofMinutes(200), 1, 1)))
        .last()
        .asString()
        .contains("measured here 3 h 20 min ago", "--fresh");
    assertThat(EstimateTable.lines(new CostEstimate(lines, Duration.ZERO, 1, 1)))
        .noneMatch(line -> line.contains("ago"));
  }

  @Test
  void estimate_ofSeedsSideBySide_isTheirShareOfTheWork() {
    List<CostEstimate.Line> lines =
        List.of(
            new CostEstimate.Line("training the model", 3, 6.0, 300.0),
            new CostEstimate.Line("strip", 3, 2.0, 60.0));

    CostEstimate estimate = new CostEstimate(lines, Duration.ZERO, 3, 3);

    assertThat(estimate.seconds()).isCloseTo(120, within(1e-9));
    assertThat(new CostEstimate(lines, Duration.ZERO, 3, 2).seconds())
        .as("two rounds of 120 s")
        .isCloseTo(240, within(1e-9));
    assertThat(EstimateTable.lines(estimate))
        .last()
        .asString()
        .startsWith("about 2 min 0 s, 3 seeds at a time;");
  }

  private Path onlyFile() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("speed"))) {
      List<Path> all = files.toList();
      assertThat(all).hasSize(1);
      return all.get(0);
    }
  }
}
