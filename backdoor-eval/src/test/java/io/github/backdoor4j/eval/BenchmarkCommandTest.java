package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.train.StepPhase;
import io.github.backdoor4j.testkit.OneThread;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What is printed, never how fast this machine is. */
@ExtendWith(OneThread.class)
class BenchmarkCommandTest {

  @Test
  void step_printsBothSpeeds_andTheSharesOfAStep() {
    CliFixture.Result text =
        new CliFixture()
            .run("benchmark", "step", "--model", "plain-cnn", "--batch", "8", "--steps", "1");

    assertThat(text.code()).as(text.err()).isZero();
    assertThat(text.out())
        .contains("plain-cnn, batches of 8, fp32, cpu")
        .contains("training through Trainer", "bare step of libtorch", "images/s", "GFLOPS")
        .contains("share of data", "share of bookkeeping", "evaluation", "MiB of the process");
  }

  @Test
  void step_asJson_holdsRatioAndShares() throws IOException {
    CliFixture.Result text =
        new CliFixture()
            .run(
                "benchmark",
                "step",
                "--model",
                "plain-cnn",
                "--batch",
                "8",
                "--input",
                "1x16x16",
                "--steps",
                "2",
                "--rounds",
                "2",
                "--json");

    assertThat(text.code()).as(text.err()).isZero();
    JsonNode json = Json.mapper().readTree(text.out());
    JsonNode result = json.path("result");
    double shares = 0;
    for (StepPhase phase : StepPhase.values()) {
      shares +=
          result
              .path("shares")
              .path(io.github.backdoor4j.core.record.Names.hyphenated(phase))
              .asDouble();
    }
    assertThat(shares).isCloseTo(1, within(1e-6));
    assertThat(result.path("trainer").asDouble()).isPositive();
    assertThat(result.path("ratio").asDouble()).isPositive();
    assertThat(json.path("precision").asText()).isEqualTo("fp32");
  }

  @Test
  void epoch_measuresTheEmbeddedImages_withTheirTests() throws IOException {
    CliFixture.Result text =
        new CliFixture()
            .run("benchmark", "epoch", "--model", "plain-cnn", "--epochs", "3", "--json");

    assertThat(text.code()).as(text.err()).isZero();
    JsonNode json = Json.mapper().readTree(text.out());
    assertThat(json.path("images").asInt()).isEqualTo(200);
    assertThat(json.path("seconds")).hasSize(2);
    assertThat(json.path("c_acc").asDouble()).isBetween(0.0, 1.0);
  }

  @Test
  void mistakes_areNamed() {
    CliFixture cli = new CliFixture();

    assertThat(cli.run("benchmark").err()).contains("step, epoch or defenses");
    assertThat(cli.run("benchmark", "step", "--input", "32").err()).contains("3x32x32");
    assertThat(cli.run("benchmark", "step", "--precision", "fp8").err()).contains("fp32, bf16");
    assertThat(cli.run("benchmark", "epoch", "--epochs", "1").code()).isEqualTo(2);
  }

  @Test
  void phaseClock_dividesItsTimeAmongTheParts() {
    PhaseClock clock = new PhaseClock(ComputeDevice.CPU, true);
    clock.onStart("test", 0, 1, 1);
    clock.onPhase(StepPhase.DATA);
    clock.onPhase(StepPhase.FORWARD);

    assertThat(clock.shares()).containsOnlyKeys(StepPhase.DATA, StepPhase.FORWARD);
    assertThat(clock.shares().values().stream().mapToDouble(value -> value).sum())
        .isCloseTo(1, within(1e-9));
    assertThat(clock.total()).isPositive();
  }
}
