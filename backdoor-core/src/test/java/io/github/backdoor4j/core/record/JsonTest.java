package io.github.backdoor4j.core.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {

  private static final Locale USUAL = Locale.getDefault();

  /** Values whose texts differ most between locales: separators, digits, the Turkish i. */
  public record Result(
      double cleanAcc, long manyImages, Title titleId, List<Double> values, boolean isFinal) {}

  /** Constants with the letter I, which Turkish does not lower to i. */
  public enum Title {
    INPUT_AWARE,
    I_BAU
  }

  private static final Result RESULT =
      new Result(
          1234567.891,
          9_007_199_254_740_993L,
          Title.INPUT_AWARE,
          List.of(0.1, 1e-9, -0.5, 1e300, Double.NaN, Double.POSITIVE_INFINITY),
          true);

  private static final String TEXT =
      "{\"clean_acc\":1234567.891,\"many_images\":9007199254740993,\"title_id\":\"input-aware\","
          + "\"values\":[0.1,1.0E-9,-0.5,1.0E300,\"NaN\",\"Infinity\"],\"is_final\":true}";

  @AfterEach
  void restoreLocale() {
    Locale.setDefault(USUAL);
  }

  @ParameterizedTest
  @ValueSource(strings = {"de-DE", "ar-EG-u-nu-arab", "tr-TR", "hi-IN-u-nu-deva", "en-US"})
  void json_isTheSameInEveryLocale(String tag) throws JsonProcessingException {
    Locale.setDefault(Locale.forLanguageTag(tag));

    assertThat(Json.write(RESULT)).isEqualTo(TEXT);
    assertThat(Json.read(TEXT, Result.class)).isEqualTo(RESULT);
  }

  @ParameterizedTest
  @ValueSource(strings = {"de-DE", "ar-EG-u-nu-arab", "tr-TR"})
  void optionsAndMessages_areTheSameInEveryLocale(String tag) {
    Locale.setDefault(Locale.forLanguageTag(tag));
    SampleOptions defaults = SampleOptions.defaults();

    assertThat(Options.bind("sample", defaults, Map.of("poisonRatio", "0.5")))
        .extracting(SampleOptions::poisonRatio)
        .isEqualTo(0.5);
    assertThat(Names.snakeCase("ImageID")).isEqualTo("image_id");
    assertThat(Names.hyphenated(Title.I_BAU)).isEqualTo("i-bau");
    assertThatThrownBy(() -> Options.bind("sample", defaults, Map.of("poison_ratio", "1234.5")))
        .isInstanceOf(UsageException.class)
        .hasMessage("sample: poison_ratio must lie in (0, 1], but was 1234.5");
    assertThatThrownBy(() -> Options.bind("sample", defaults, Map.of("target_label", "-12345")))
        .hasMessage("sample: target_label must be at least 0, but was -12345");
  }

  @Test
  void pretty_endsLinesTheSameWayEverywhere() {
    assertThat(Json.writePretty(Map.of("a", List.of(1, 2))))
        .isEqualTo("{\n  \"a\" : [ 1, 2 ]\n}\n");
  }

  @Test
  void components_areWrittenInTheirOrder() {
    assertThat(Json.write(TrainingPlan.benchmark(3, Augmentation.NONE)))
        .isEqualTo(
            "{\"epochs\":3,\"batch_size\":128,\"optimizer\":{\"kind\":\"sgd\",\"learning_rate\":0.01,"
                + "\"momentum\":0.9,\"weight_decay\":5.0E-4,\"nesterov\":false},"
                + "\"schedule\":{\"kind\":\"cosine\",\"period\":100,\"minimum\":0.0},"
                + "\"augmentation\":{\"crop_padding\":0,\"horizontal_flip\":false},"
                + "\"precision\":\"fp32\",\"drop_last\":true}");
  }

  @Test
  void numbers_surviveBitForBit() throws JsonProcessingException {
    for (double value :
        new double[] {0.1, 1.0 / 3, Math.PI, Double.MIN_VALUE, Double.MAX_VALUE, -0.0, 2e-323}) {
      double[] read = Json.read(Json.write(new double[] {value}), double[].class);
      assertThat(Double.doubleToLongBits(read[0])).isEqualTo(Double.doubleToLongBits(value));
    }
    for (long value : new long[] {Long.MIN_VALUE, Long.MAX_VALUE, (1L << 53) + 1}) {
      assertThat(Json.read(Json.write(value), Long.class)).isEqualTo(value);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"crop_padding\":1}", // a component without a value
        "{\"crop_padding\":1,\"horizontal_flip\":null}",
        "{\"crop_padding\":1.5,\"horizontal_flip\":true}",
        "{\"crop_padding\":\"1\",\"horizontal_flip\":true}",
        "{\"crop_padding\":1,\"horizontal_flip\":1}",
        "{\"crop_padding\":1,\"horizontal_flip\":true,\"rotation\":3}",
        "{\"cropPadding\":1,\"horizontal_flip\":true}",
        "{\"crop_padding\":1,\"horizontal_flip\":true} {}",
        "{\"crop_padding\":1,\"horizontal_flip\":tr",
        "[1, true]",
        "",
      })
  void brokenRecord_isRefused(String json) {
    assertThatThrownBy(() -> Json.read(json, Augmentation.class))
        .isInstanceOf(JsonProcessingException.class);
  }

  @Test
  void repeatedName_isRefused() {
    assertThatThrownBy(() -> Json.mapper().readTree("{\"seed\": 1, \"seed\": 2}"))
        .isInstanceOf(JsonMappingException.class)
        .hasMessageContaining("seed");
  }

  @Test
  void constantByItsNumber_isRefused() {
    assertThatThrownBy(() -> Json.read("0", Title.class))
        .isInstanceOf(JsonProcessingException.class);
  }
}
