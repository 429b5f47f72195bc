package io.github.backdoor4j.core.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.base.Joiner;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.record.SampleOptions.Corner;
import io.github.backdoor4j.core.record.SampleOptions.Patch;
import io.github.backdoor4j.core.spi.Fidelity;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OptionsTest {

  private static final SampleOptions DEFAULTS = SampleOptions.defaults();

  private static SampleOptions bind(String name, String value) {
    return Options.bind("badnets", DEFAULTS, Map.of(name, value));
  }

  private static SampleOptions bindTree(String json) {
    return Options.bind("badnets", DEFAULTS, tree(json));
  }

  private static JsonNode tree(String json) {
    try {
      return Json.mapper().readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  @Test
  void nothingGiven_leavesTheDefaults() {
    assertThat(Options.bind("badnets", DEFAULTS, Map.of())).isEqualTo(DEFAULTS);
    assertThat(bindTree("{}")).isEqualTo(DEFAULTS);
    assertThat(bindTree("null")).isEqualTo(DEFAULTS);
    assertThat(Options.bind("badnets", DEFAULTS, Json.tree(DEFAULTS))).isEqualTo(DEFAULTS);
  }

  @Test
  void values_replaceTheDefaults_andNothingElse() {
    SampleOptions bound =
        Options.bind(
            "badnets",
            DEFAULTS,
            Map.of("poison_ratio", "0.05", "corner", "top-left", "patch.size", "5"));

    assertThat(bound)
        .isEqualTo(
            new SampleOptions(
                0.05,
                0,
                false,
                Corner.TOP_LEFT,
                "none",
                List.of(1, 2),
                new Patch(5, 1.0),
                DEFAULTS.training(),
                5_000_000_000L,
                Fidelity.PAPER));
  }

  @ParameterizedTest
  @ValueSource(strings = {"poison_ratio", "poison-ratio", "poisonRatio"})
  void names_areReadInEverySpelling(String name) {
    assertThat(bind(name, "0.25").poisonRatio()).isEqualTo(0.25);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "training.optimizer.learning_rate",
        "training.optimizer.learningRate",
        "training.optimizer.learning-rate",
      })
  void nestedNames_areReachedWithDots(String name) {
    assertThat(bind(name, "0.5").training().optimizer().learningRate()).isEqualTo(0.5);
  }

  @Test
  void tree_mayBeNestedOrDottedOrBoth() {
    SampleOptions expected = bind("training.augmentation.crop_padding", "2");

    assertThat(bindTree("{\"training\": {\"augmentation\": {\"crop_padding\": 2}}}"))
        .isEqualTo(expected);
    assertThat(bindTree("{\"training.augmentation\": {\"cropPadding\": 2}}")).isEqualTo(expected);
    assertThat(bindTree("{\"training\": {\"augmentation.crop-padding\": 2}}")).isEqualTo(expected);
  }

  @Test
  void textThatIsAnObject_replacesWhatItNames() {
    assertThat(bind("patch", "{\"size\": 7}").patch()).isEqualTo(new Patch(7, 1.0));
  }

  @Test
  void types_areReadAsWritten() {
    assertThat(bind("keep_model", "true").keepModel()).isTrue();
    assertThat(bind("offset", "9007199254740993").offset()).isEqualTo(9_007_199_254_740_993L);
    assertThat(bind("stages", "[3, 4, 5]").stages()).containsExactly(3, 4, 5);
    assertThat(bind("stages", "[]").stages()).isEmpty();
    assertThat(bind("fidelity", "backdoorbench").fidelity()).isEqualTo(Fidelity.BACKDOORBENCH);
    assertThat(bind("corner", "TOP-LEFT").corner()).isEqualTo(Corner.TOP_LEFT);
    assertThat(bind("patch.opacity", "1").patch().opacity()).isEqualTo(1.0);
    assertThat(bind("poison_ratio", "1e-2").poisonRatio()).isEqualTo(0.01);
  }

  @ParameterizedTest
  @CsvSource({
    "hello, hello",
    "a b, a b",
    "'1,2', '1,2'",
    "12, 12",
    "1e3, 1e3",
    "true, true",
    "'', ''",
    "\"quoted\", quoted",
    "{oops, {oops",
  })
  void textOption_takesTheTextAsItIs(String text, String expected) {
    assertThat(bind("caption", text).caption()).isEqualTo(expected);
  }

  @ParameterizedTest(name = "{0}={1}")
  @CsvSource({
    "target_label, 1.5, integer",
    "target_label, 1.0, integer",
    "target_label, abc, integer",
    "target_label, true, integer",
    "target_label, '', integer",
    "target_label, '\"3\"', integer",
    "target_label, 99999999999, out of range of int",
    "target_label, [1], integer",
    "poison_ratio, half, number",
    "poison_ratio, '0,5', number",
    "poison_ratio, true, number",
    "keep_model, 1, true | false",
    "keep_model, yes, true | false",
    "keep_model, 'true ,', true | false",
    "corner, middle, top-left | bottom-right",
    "corner, 0, top-left | bottom-right",
    "corner, 1, top-left | bottom-right",
    "fidelity, benchmark, paper | backdoorbench",
    "patch.size, big, integer",
    "training.optimizer.momentum, much, number",
  })
  void valueOfAWrongType_isRefused_namingOptionValueAndWhatIsAllowed(
      String name, String value, String allowed) {
    assertThatThrownBy(() -> bind(name, value))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("badnets", "'" + name + "'", value.replace("\"", ""), allowed)
        .hasMessageNotContainingAny("com.fasterxml", "DeserializationFeature", "java.");
  }

  @Test
  void elementOfAWrongType_isNamedByItsPlace() {
    assertThatThrownBy(() -> bind("stages", "[1, \"x\"]"))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("'stages[1]'", "\"x\"", "integer");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "poison_ratio",
        "target_label",
        "caption",
        "corner",
        "stages",
        "patch",
        "training"
      })
  void noValue_isRefused(String name) {
    assertThatThrownBy(() -> bind(name, "null"))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("'" + name + "'", "no value");
    assertThatThrownBy(() -> bindTree("{\"" + name + "\": null}"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("'" + name + "'");
  }

  @Test
  void valueOutOfRange_isRefused_namingTheOption() {
    assertThatThrownBy(() -> bind("poisonRatio", "1.5"))
        .isInstanceOf(UsageException.class)
        .hasMessage("badnets: poison_ratio must lie in (0, 1], but was 1.5");
    assertThatThrownBy(() -> bind("patch.size", "0"))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("badnets", "patch.size", "at least 1", "0");
    assertThatThrownBy(() -> bind("training.optimizer.learning_rate", "-1"))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("badnets", "learning_rate", "-1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"NaN", "\"NaN\"", "Infinity", "-Infinity", "1e999"})
  void valueThatIsNoFiniteNumber_isRefused(String value) {
    assertThatThrownBy(() -> bind("poison_ratio", value))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("poison_ratio");
  }

  @ParameterizedTest(name = "{0} -> {1}")
  @CsvSource({
    "poison_ration, poison_ratio",
    "posion_ratio, poison_ratio",
    "PoisonRate, poison_ratio",
    "target, target_label",
    "fidelty, fidelity",
    "patch.sizes, patch.size",
    "patch.opaque, patch.opacity",
    "training.optimizer.lerning_rate, training.optimizer.learning_rate",
    "training.optimiser, training.optimizer",
    // an option of that very name elsewhere
    "learning_rate, training.optimizer.learning_rate",
    "size, patch.size",
    "patch.learning_rate, training.optimizer.learning_rate",
    // names below something that has none
    "poison_ratio.x, poison_ratio",
    "nowhere.size, patch.size",
  })
  void unknownName_isRefused_withTheNearest(String name, String nearest) {
    assertThatThrownBy(() -> bind(name, "1"))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("badnets", "'" + name + "'", "Did you mean '" + nearest + "'");
  }

  @Test
  void unknownName_isRefused_withTheOptionsThere() {
    assertThatThrownBy(() -> bind("patch.colour", "1"))
        .hasMessageContaining("Options there: size, opacity");
    assertThatThrownBy(() -> bind("colour", "1"))
        .hasMessageContaining("Its options: poison_ratio, target_label, keep_model");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "patch.", ".size", "patch..size", "patch.size.", " ", "%s %d"})
  void oddName_isRefused(String name) {
    assertThatThrownBy(() -> bind(name, "1"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("'" + name + "'");
  }

  @Test
  void group_cannotBeAValue() {
    assertThatThrownBy(() -> bind("patch", "5"))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("'patch'", "group", "'5'", "size, opacity");
    assertThatThrownBy(() -> bind("training", "[1]"))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("'training'", "epochs");
  }

  @Test
  void optionGivenTwice_isRefused() {
    Map<String, String> twice = new TreeMap<>(Map.of("poison_ratio", "1", "poison-ratio", "0.5"));
    assertThatThrownBy(() -> Options.bind("badnets", DEFAULTS, twice))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("'poison_ratio'", "twice");
    assertThatThrownBy(() -> bindTree("{\"patch\": {\"size\": 1}, \"patch.size\": 2}"))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("'patch.size'", "twice");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[1]", "\"poison_ratio\"", "5"})
  void tree_thatHasNoNames_isRefused(String json) {
    assertThatThrownBy(() -> bindTree(json))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("badnets", "names with values");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"3 | 3", "3,5 | 3,5", "3, 5 | 3,5", "[3,5] | 3,5", "'' | ''"})
  void bind_lists_areReadAsPeopleWriteThem(String text, String expected) {
    SampleOptions bound = Options.bind("badnets", SampleOptions.defaults(), Map.of("stages", text));

    assertThat(Joiner.on(',').join(bound.stages())).isEqualTo(expected);
  }
}
