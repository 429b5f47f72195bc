package io.github.backdoor4j.core.record;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.NamingBase;
import io.github.backdoor4j.core.data.LabelMode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {

  @ParameterizedTest
  @CsvSource({
    "poisonRate, poison_rate",
    "poison-rate, poison_rate",
    "poison_rate, poison_rate",
    "PoisonRate, poison_rate",
    "beta1, beta1",
    "l2Weight, l2_weight",
    "ratio, ratio",
    "a.bC.d-e, a.b_c.d_e",
  })
  void snakeCase_bringsSpellingsTogether(String name, String expected) {
    assertThat(Names.snakeCase(name)).isEqualTo(expected);
  }

  /** Otherwise an option could not be found under the name that JSON gives it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "poisonRatio",
        "beta1",
        "l2Weight",
        "conv2D",
        "patchURL",
        "useBN",
        "nClusters",
        "eps",
        "maxLRSteps",
        "x1Y2",
        "kNN",
        "aB",
        "learningRateL2"
      })
  void snakeCase_isWhatJsonUses(String component) {
    NamingBase json = (NamingBase) PropertyNamingStrategies.SNAKE_CASE;
    assertThat(Names.snakeCase(component)).isEqualTo(json.translate(component));
  }

  @Test
  void hyphenated_isHowConstantsAreWritten() {
    assertThat(Names.hyphenated(LabelMode.ALL_TO_ONE)).isEqualTo("all-to-one");
  }

  @ParameterizedTest
  @CsvSource({
    "kitten, sitting, 3",
    "flaw, lawn, 2",
    "'', abc, 3",
    "abc, '', 3",
    "'', '', 0",
    "badnets, BadNets, 0",
    "badnet, badnets, 1",
    "ab, ba, 2",
  })
  void distance_countsEdits(String left, String right, int expected) {
    assertThat(Names.distance(left, right)).isEqualTo(expected);
    assertThat(Names.distance(right, left)).isEqualTo(expected);
  }

  @Test
  void nearest_comesFirst_tiesByName() {
    assertThat(Names.nearest("blend", List.of("wanet", "blended", "blind")))
        .containsExactly("blind", "blended", "wanet"); // 1, 2 and 5 edits
    assertThat(Names.nearest("x", List.of("c", "a", "b"))).containsExactly("a", "b", "c");
    assertThat(Names.nearest("x", List.of())).isEmpty();
  }

  @Test
  void nearest_knowsPartsOfNames_butTypingErrorsComeFirst() {
    assertThat(Names.nearest("target", List.of("stages", "target_label")).get(0))
        .isEqualTo("target_label");
    assertThat(Names.nearest("Pruning", List.of("turning", "fine-pruning")).get(0))
        .isEqualTo("fine-pruning");
    assertThat(Names.nearest("fine-tuning-all", List.of("fine-pruning", "fine-tuning")).get(0))
        .isEqualTo("fine-tuning");
    assertThat(Names.nearest("strop", List.of("strop-and-more", "strip")).get(0))
        .isEqualTo("strip");
  }
}
