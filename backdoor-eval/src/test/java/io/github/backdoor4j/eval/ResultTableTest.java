package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ResultTableTest {

  private final Locale locale = Locale.getDefault();

  @AfterEach
  void restore() {
    Locale.setDefault(locale);
  }

  private static List<String> lines(List<Long> seeds, String... defenses) {
    return ResultTable.lines(SampleRun.of(Path.of("out"), seeds, List.of(defenses)).records());
  }

  @Test
  void oneSeed_oneNumberPerCell() {
    List<String> lines = lines(List.of(0L), "fine-pruning", "neural-cleanse", "strip");

    assertThat(lines.get(0)).contains("backdoored model, %", "clean model, %", "backdoored?");
    assertThat(lines.get(1))
        .startsWith("defense")
        .contains("C-Acc", "ASR", "R-Acc", "DER", "AUROC");
    assertThat(lines.get(3))
        .matches("no defense +88\\.[12] +99\\.6 +0\\.3 +– +88\\.9 +1\\.2 .*41\\.3");
    assertThat(lines.get(4)).matches("fine-pruning +86\\.\\d +4\\.1 .*");
    assertThat(lines.get(5)).matches("neural-cleanse .*yes +no +\\d+\\.\\d");
    assertThat(lines.get(6)).matches("strip +– +– +– +– +– +– +0\\.\\d{3} .*");
    assertThat(lines).hasSize(7);
  }

  @Test
  void severalSeeds_meanAndDeviation() {
    // C-Acc 0.8815 and 0.8775: mean 0.8795, sd 0.0028
    assertThat(lines(List.of(0L, 1L)).get(3)).matches("no defense +(88\\.0|87\\.9) ± 0\\.3 .*");
  }

  @Test
  void columnsThatNobodyMeasured_areLeftOut() {
    assertThat(lines(List.of(0L)).get(1)).doesNotContain("AUROC", "DER");
  }

  @Test
  void numbers_areTheSameInEveryLocale() {
    List<String> expected = lines(List.of(0L, 1L), "fine-tuning", "strip");

    for (Locale other : List.of(Locale.GERMANY, Locale.forLanguageTag("ar-EG"))) {
      Locale.setDefault(other);
      assertThat(lines(List.of(0L, 1L), "fine-tuning", "strip")).isEqualTo(expected);
    }
  }

  @Test
  void cellsWithoutNumbers_areMarkedAndExplained() {
    List<String> lines = lines(List.of(0L, 1L), "acme.spectral-gate");

    assertThat(lines.get(4)).matches("acme\\.spectral-gate +n/a .*");
    assertThat(lines)
        .anySatisfy(
            line ->
                assertThat(line)
                    .startsWith(
                        "acme.spectral-gate on the backdoored model, seed 0: not applicable:"))
        .anySatisfy(line -> assertThat(line).contains("seed 1: failed: the loss became NaN"));
  }
}
