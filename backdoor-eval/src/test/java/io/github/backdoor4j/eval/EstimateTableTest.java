package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class EstimateTableTest {

  private static final CostEstimate.Line TRAINING =
      new CostEstimate.Line("training the model", 3, 12, 90);
  private static final CostEstimate.Line SILENT =
      new CostEstimate.Line("does-not-say", 3, Double.NaN, Double.NaN);

  private static List<String> lines(Duration speedAge, int atOnce, CostEstimate.Line... lines) {
    return EstimateTable.lines(new CostEstimate(List.of(lines), speedAge, 3, atOnce));
  }

  @Test
  void sum_isTheLastLine_whenTheSpeedWasMeasuredJustNow() {
    assertThat(lines(Duration.ZERO, 1, TRAINING))
        .last()
        .asString()
        .startsWith("about 1 min 30 s; a pass is");
  }

  @Test
  void ageOfTheSpeed_followsTheSum_withTheWayToANewMeasurement() {
    assertThat(lines(Duration.ofSeconds(504), 1, TRAINING))
        .endsWith("(by the network's speed as measured here 8 min 24 s ago; --fresh measures anew)")
        .anyMatch(line -> line.startsWith("about 1 min 30 s"));
  }

  @Test
  void threeSeedsTwoAtATime_takeAsLongAsTwo() {
    assertThat(lines(Duration.ZERO, 2, TRAINING))
        .last()
        .asString()
        .startsWith("about 1 min 0 s, 2 seeds at a time");
  }

  @Test
  void methodThatDoesNotSay_isShownAsMissing_andTheSumSaysSo() {
    List<String> lines = lines(Duration.ZERO, 1, TRAINING, SILENT);

    assertThat(lines)
        .filteredOn(line -> line.contains("does-not-say"))
        .singleElement()
        .asString()
        .contains(ReportText.MISSING)
        .doesNotContain("NaN");
    assertThat(lines).last().asString().contains(", and the methods that do not say;");
  }
}
