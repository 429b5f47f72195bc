package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.eval.ResultRecord.Kind;
import io.github.backdoor4j.eval.ResultRecord.Status;
import io.github.backdoor4j.testkit.OneThread;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What is measured and from what, never how fast this machine is. */
@ExtendWith(OneThread.class)
class BenchmarkDefensesCommandTest {

  private static final int THREADS =
      defended(Map.of()).provenance().threads(); // of the sample, as if measured with as many

  @TempDir Path folder;

  private static CliFixture.Result run(String only, String... more) {
    CliFixture cli =
        new CliFixture()
            .add(DefenseStrategy.class, ToyChooser.class, Toys.Inapplicable.class)
            .add(DefenseStrategy.class, Toys.Tuning.class, Toys.Broken.class);
    String[] first = {"benchmark", "defenses", "--only", only};
    String[] all = java.util.Arrays.copyOf(first, first.length + more.length);
    System.arraycopy(more, 0, all, first.length, more.length);
    return cli.run(all);
  }

  /** The chooser makes one pass over the holdout, tuning 4 epochs with gradient. */
  @Test
  void json_holdsTheWorkOfEachDefense_byItsOwnSeconds() throws IOException {
    CliFixture.Result result = run("toy-chooser,toy-tuning", "--holdout", "0.2", "--json");

    assertThat(result.code()).as(result.err()).isZero();
    JsonNode json = Json.mapper().readTree(result.out());
    assertThat(json.path("training_images").asInt()).isEqualTo(200);
    assertThat(json.path("inference").asDouble()).isPositive();
    double[] passes = {0.2, 4 * 3 * 0.2};
    assertThat(json.path("defenses")).hasSize(2);
    for (int i = 0; i < 2; i++) {
      JsonNode defense = json.path("defenses").path(i);
      double seconds = defense.path("seconds").asDouble();
      assertThat(defense.path("passes").asDouble()).isCloseTo(passes[i], within(1e-9));
      assertThat(seconds).isPositive().isLessThan(defense.path("seconds_with_tests").asDouble());
      assertThat(defense.path("images_per_second").asDouble() * seconds)
          .isCloseTo(200 * passes[i], within(1e-6));
    }
  }

  @Test
  void table_saysWhereThereAreNoNumbers_andTheExitCodeThatSomethingBroke() {
    CliFixture.Result result = run("toy-inapplicable,toy-broken");

    assertThat(result.code()).isEqualTo(1);
    assertThat(result.out())
        .contains("badnets on 200 images, 20 of them clean", "1 thread")
        .contains("of inference", "peak MiB", "plain inference: ")
        .containsPattern("toy-inapplicable +– +– .*not applicable: toys have no batch norm")
        .containsPattern("toy-broken +– +– .*failed: toy broke");
  }

  @Test
  void outputFolder_givesWhatWasDoneBefore_andIsMarked() throws IOException {
    String out = folder.resolve("kept").toString();
    run("toy-chooser", "--out", out, "--json");

    CliFixture.Result result = run("toy-chooser,toy-tuning", "--out", out, "--json");

    JsonNode defenses = Json.mapper().readTree(result.out()).path("defenses");
    assertThat(defenses.path(0).path("earlier").asBoolean()).isTrue();
    assertThat(defenses.path(1).path("earlier").asBoolean()).isFalse();
    try (var cells = Files.list(folder.resolve("kept/cells"))) {
      assertThat(cells).as("one model, two defenses").hasSize(3);
    }
  }

  @Test
  void unknownDefense_isRefusedWithTheNearest() {
    CliFixture.Result result = run("toy-chosser");

    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("toy-chooser");
  }

  @Test
  void speed_isPassesTimesImagesBySecondsOfTheDefenseAlone() {
    ResultRecord result = defended(Map.of("forward_passes", 3.0, "defense_seconds", 60.0));

    DefenseSpeed speed = DefenseSpeed.of(result, false, 10_000, 2000, THREADS);

    assertThat(speed.imagesPerSecond()).isCloseTo(500, within(1e-9));
    assertThat(speed.ofInference()).isCloseTo(0.25, within(1e-12));
    assertThat(speed.secondsWithTests()).isEqualTo(75);
    assertThat(DefenseSpeed.lines(List.of(speed)).get(2))
        .matches("clp +60\\.0 +75\\.0 +3\\.00 +500 +25\\.0 % +1,43[23]");
  }

  /** A speed on one thread is no share of one on two. */
  @Test
  void recordOfOtherThreads_isNotComparedWithInference() {
    DefenseSpeed speed =
        DefenseSpeed.of(
            defended(Map.of("forward_passes", 3.0, "defense_seconds", 60.0)),
            true,
            10_000,
            2000,
            THREADS + 1);

    assertThat(speed.imagesPerSecond()).isCloseTo(500, within(1e-9));
    assertThat(speed.ofInference()).isNaN();
  }

  /** What looks at weights alone passes no images, slow or not. */
  @Test
  void defenseWithoutPasses_hasNoSpeed() {
    DefenseSpeed speed =
        DefenseSpeed.of(
            defended(Map.of("forward_passes", 0.0, "defense_seconds", 0.1)),
            false,
            10_000,
            2000,
            THREADS);

    assertThat(speed.imagesPerSecond()).isNaN();
    assertThat(DefenseSpeed.lines(List.of(speed)).get(2)).matches("clp +0\\.1 .*0\\.00 +– +– .*");
  }

  /** Records of older versions do not say how long the defense itself took. */
  @Test
  void recordWithoutTheDefensesSeconds_showsNoSpeed() {
    DefenseSpeed speed =
        DefenseSpeed.of(defended(Map.of("forward_passes", 3.0)), true, 10_000, 2000, THREADS);

    assertThat(speed.status()).isEqualTo(Status.OK);
    assertThat(speed.imagesPerSecond()).isNaN();
    assertThat(DefenseSpeed.lines(List.of(speed)).get(2))
        .matches(
            "clp +– +75\\.0 +3\\.00 +– +– .*from an earlier run, "
                + ReportText.count(THREADS, "thread"));
  }

  private static ResultRecord defended(Map<String, Double> numbers) {
    return SampleRun.record(
        Kind.DEFENSE,
        SampleRun.spec("clp", false, 0),
        List.of(),
        List.of(),
        new Evidence(numbers, List.of(), List.of()),
        SampleRun.none(),
        75);
  }
}
