package io.github.backdoor4j.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.record.Json;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScheduleTest {

  private static double[] rates(ScheduleSpec spec, double base, double[] losses) {
    Schedule schedule = new Schedule(spec, base);
    double[] rates = new double[losses.length];
    for (int epoch = 0; epoch < rates.length; epoch++) {
      rates[epoch] = schedule.rate();
      schedule.epochFinished(losses[epoch]);
    }
    return rates;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5})
  void rates_equalPyTorch(int index) throws IOException {
    JsonNode reference = References.torchTraining();
    JsonNode expected = reference.get("schedules").get(index);
    ScheduleSpec spec = Json.mapper().treeToValue(expected.get("spec"), ScheduleSpec.class);
    double[] losses = Json.mapper().treeToValue(reference.get("losses"), double[].class);
    double[] rates = rates(spec, 0.01, losses);
    for (int epoch = 0; epoch < rates.length; epoch++) {
      assertThat(rates[epoch])
          .as("%s, epoch %d", spec, epoch)
          .isCloseTo(expected.get("rates").get(epoch).asDouble(), within(1e-12));
    }
  }

  /** The benchmark's schedule: cosine over 100 epochs from 0.01, however many epochs are run. */
  @ParameterizedTest
  @CsvSource({
    "0, 0.01, 1e-15",
    "1, 0.0099975328, 1e-10",
    "10, 0.0097552826, 1e-10",
    "25, 0.0085355, 1e-7",
    "49, 0.0051571, 1e-7",
    "50, 0.005, 1e-15",
    "99, 2.47e-6, 5e-9",
    "100, 0, 1e-15",
    "150, 0.005, 1e-15",
    "200, 0.01, 1e-15"
  })
  void cosine_overAHundredEpochs_takesTheBenchmarksValues(
      int epoch, double rate, double tolerance) {
    double[] rates = rates(new ScheduleSpec.Cosine(100, 0), 0.01, new double[201]);
    assertThat(rates[epoch]).isCloseTo(rate, within(tolerance));
  }

  @Test
  void multiStep_dropsAtTheStartOfEachListedEpoch() {
    ScheduleSpec spec = new ScheduleSpec.MultiStep(List.of(100, 200, 300, 400), 0.1);
    double[] rates = rates(spec, 0.01, new double[401]);
    assertThat(rates[99]).isEqualTo(0.01);
    assertThat(rates[100]).isCloseTo(0.001, within(1e-15));
    assertThat(rates[299]).isCloseTo(0.0001, within(1e-15));
    assertThat(rates[400]).isCloseTo(0.000001, within(1e-18));
  }

  @Test
  void constant_neverChanges() {
    assertThat(rates(new ScheduleSpec.Constant(), 0.3, new double[50])).containsOnly(0.3);
  }

  /** The schedule of mode connectivity's curves: 1, then 1 − (1 − 0.01)·(e/100 − 0.5)/0.4, 0.01. */
  @ParameterizedTest
  @CsvSource({
    "0, 0.2",
    "50, 0.2",
    "51, 0.19505",
    "60, 0.1505",
    "70, 0.101",
    "89, 0.00695",
    "90, 0.002",
    "99, 0.002"
  })
  void linearDecay_holdsFallsAndHolds(int epoch, double rate) {
    double[] rates = rates(new ScheduleSpec.LinearDecay(50, 90, 0.01), 0.2, new double[100]);
    assertThat(rates[epoch]).isCloseTo(rate, within(1e-12));
  }

  /** Half a cosine takes as many steps as the period says, however many epochs they are. */
  @Test
  void cosinePerStep_movesWithStepsAndNotWithEpochs() {
    Schedule schedule = new Schedule(new ScheduleSpec.CosinePerStep(100, 0), 0.01);
    double[] rates = new double[201];
    for (int step = 0; step < rates.length; step++) {
      rates[step] = schedule.rate();
      schedule.stepFinished();
      if (step % 10 == 9) {
        schedule.epochFinished(1);
      }
    }
    assertThat(rates[1]).isCloseTo(0.0099975328, within(1e-10));
    assertThat(rates[10]).isCloseTo(0.0097552826, within(1e-10));
    assertThat(rates[50]).isCloseTo(0.005, within(1e-15));
    assertThat(rates[100]).isCloseTo(0, within(1e-15));
    assertThat(rates[200]).isCloseTo(0.01, within(1e-15));
  }

  @Test
  void schedulesPerEpoch_doNotMoveWithSteps() {
    for (ScheduleSpec spec :
        List.of(
            new ScheduleSpec.Cosine(5, 0),
            new ScheduleSpec.Step(1, 0.5),
            new ScheduleSpec.LinearDecay(0, 2, 0))) {
      Schedule schedule = new Schedule(spec, 0.1);
      schedule.stepFinished();
      assertThat(schedule.rate()).as("%s", spec).isEqualTo(0.1);
    }
  }

  @Test
  void plateau_dropsAfterElevenBadEpochsInARowAndCountsAnew() {
    ScheduleSpec spec = new ScheduleSpec.Plateau(0.1, 10, 1e-4);
    double[] losses = new double[24];
    java.util.Arrays.fill(losses, 1.0); // epoch 0 sets the best value, 1 to 11 are bad
    double[] rates = rates(spec, 0.01, losses);
    for (int epoch = 0; epoch < 24; epoch++) {
      double expected = epoch < 12 ? 0.01 : epoch < 23 ? 0.001 : 0.0001;
      assertThat(rates[epoch]).as("epoch %d", epoch).isCloseTo(expected, within(1e-15));
    }
  }

  @Test
  void plateau_withOneBetterEpoch_countsAnew() {
    ScheduleSpec spec = new ScheduleSpec.Plateau(0.1, 10, 1e-4);
    double[] losses = new double[23];
    java.util.Arrays.fill(losses, 1.0);
    java.util.Arrays.fill(losses, 11, 23, 0.9); // the eleventh epoch after the best is better
    assertThat(rates(spec, 0.01, losses)).containsOnly(0.01);
  }

  @Test
  void plateau_doesNotCountImprovementsBelowTheThreshold() {
    ScheduleSpec spec = new ScheduleSpec.Plateau(0.5, 0, 0.1);
    double[] rates = rates(spec, 1, new double[] {1.0, 0.95, 0.91, 0.89, 0.88});
    assertThat(rates).containsExactly(1, 1, 0.5, 0.25, 0.25);
  }

  @Test
  void restoredState_goesOnAsIfNothingHappened() {
    for (ScheduleSpec spec :
        List.of(new ScheduleSpec.Cosine(7, 0.001), new ScheduleSpec.Plateau(0.5, 1, 0))) {
      double[] losses = {3, 2, 2, 2, 2, 1, 1, 1, 1, 1};
      double[] undisturbed = rates(spec, 0.1, losses);
      for (int stop = 0; stop < losses.length; stop++) {
        Schedule first = new Schedule(spec, 0.1);
        for (int epoch = 0; epoch < stop; epoch++) {
          first.epochFinished(losses[epoch]);
        }
        Schedule second = new Schedule(spec, 0.1);
        second.state(roundTrip(first.state()));
        for (int epoch = stop; epoch < losses.length; epoch++) {
          assertThat(second.rate())
              .as("%s stopped at %d", spec, stop)
              .isEqualTo(undisturbed[epoch]);
          second.epochFinished(losses[epoch]);
        }
      }
    }
  }

  private static Schedule.State roundTrip(Schedule.State state) {
    try {
      return Json.read(Json.write(state), Schedule.State.class);
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void specs_outOfRange_areTheCallersMistake() {
    assertThatThrownBy(() -> new ScheduleSpec.Cosine(0, 0))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("period must be at least 1, but was 0");
    assertThatThrownBy(() -> new ScheduleSpec.Step(5, 0)).isInstanceOf(UsageException.class);
    assertThatThrownBy(() -> new ScheduleSpec.LinearDecay(5, 5, 0.1))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("until must be above from (5), but was 5");
    assertThatThrownBy(() -> new ScheduleSpec.CosinePerStep(0, 0))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("period");
    assertThatThrownBy(() -> new ScheduleSpec.Plateau(0.1, -1, 0))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("patience");
  }
}
