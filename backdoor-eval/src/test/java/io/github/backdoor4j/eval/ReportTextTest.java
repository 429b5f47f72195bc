package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.eval.Summary.Statistics;
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReportTextTest {

  @Test
  void percent_hasTwoDecimals() {
    assertThat(ReportText.percent(0.99614)).isEqualTo("99.61");
    assertThat(ReportText.percent(-0.00001)).isEqualTo("0.00");
    assertThat(ReportText.percent(Double.NaN)).isEqualTo("–");
  }

  @ParameterizedTest
  @CsvSource({"0.0123, +1.23", "-0.5, −50.00", "0.00001, 0.00", "-0.00001, 0.00", "NaN, –"})
  void points_haveASign(double difference, String expected) {
    assertThat(ReportText.points(difference)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "3|3",
        "-1|-1",
        "1234567|1,234,567",
        "0.70312501|0.70313",
        "123.456789|123.46",
        "0.00001234|1.234e-05",
        "2.5e12|2.500e+12",
        "Infinity|∞",
        "NaN|–"
      },
      delimiter = '|')
  void number_takesAsFewDigitsAsTellIt(double value, String expected) {
    assertThat(ReportText.number(value)).isEqualTo(expected);
  }

  @Test
  void origin_ofOneShare_isACount() {
    assertThat(ReportText.origin(Statistics.of(DoubleStream.of(0.25)), 1800, true))
        .isEqualTo("450 of 1,800");
  }

  @Test
  void origin_ofSeveralSeeds_listsThem() {
    assertThat(ReportText.origin(Statistics.of(DoubleStream.of(0.25, 0.5)), 1800, true))
        .isEqualTo("mean of 25.00; 50.00, each of 1,800");
  }

  @Test
  void enumerate_joinsAsASentenceDoes() {
    assertThat(ReportText.enumerate(List.of("a"))).isEqualTo("a");
    assertThat(ReportText.enumerate(List.of("a", "b", "c"))).isEqualTo("a, b and c");
  }

  @Test
  void optionList_flattensAndKeepsEveryDigit() throws Exception {
    String json =
        """
        {"a": 5.0E-4, "b": {"c": true, "d": {}}, "e": [1, "x"], "f": "t", "g": 0.1, "h": 1e-20}
        """;

    assertThat(OptionList.of(Json.mapper().readTree(json)))
        .extracting(option -> option.name() + "=" + option.value())
        .containsExactly(
            "a=0.0005", "b.c=true", "b.d={}", "e=[1,\"x\"]", "f=t", "g=0.1", "h=1E-20");
  }
}
