package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.spi.DatasetSource;
import io.github.backdoor4j.core.spi.PoisoningStrategy;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class DoctorCommandTest {

  @Test
  void healthyMachine_passes() {
    CliFixture.Result text = new CliFixture().run("doctor");

    assertThat(text.code()).as(text.out()).isZero();
    assertThat(text.out())
        .contains("Java", "libtorch 2.10.0", "native cache", "disk", "GFLOPS", "Everything works")
        .contains("fashion-mnist, 200 + 80 images")
        .contains("3 attacks, 5 defenses")
        .doesNotContain("PROBLEM");
  }

  @Test
  void json_holdsTheSame() throws IOException {
    JsonNode json = Json.mapper().readTree(new CliFixture().run("doctor", "--json").out());
    assertThat(json.path("ok").asBoolean()).isTrue();
    assertThat(json.path("findings").findValuesAsText("topic")).contains("Java", "engine", "bf16");
  }

  @Test
  void clashOfPlugIns_isAProblem() {
    CliFixture cli = new CliFixture().add(PoisoningStrategy.class, CliFakes.PatchAgain.class);

    assertThat(new Doctor(cli::registries).plugins())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.level()).isEqualTo(Doctor.Level.PROBLEM);
              assertThat(finding.value()).contains("two attacks claim the id 'badnets'");
            });
  }

  @Test
  void plugInThatDoesNotLoad_isAProblem_besideTheOthers() {
    CliFixture cli = new CliFixture().add(DatasetSource.class, NotADataset.class);

    assertThat(new Doctor(cli::registries).plugins())
        .hasSize(2)
        .last()
        .satisfies(
            finding -> {
              assertThat(finding.level()).isEqualTo(Doctor.Level.PROBLEM);
              assertThat(finding.value()).contains("NotADataset");
            });
    assertThat(cli.run("describe", "nothing").err()).contains("NotADataset");
    assertThat(cli.run("list").err()).contains("could not be loaded: ");
  }

  /** Named in a services file, but no provider. */
  public static final class NotADataset {}
}
