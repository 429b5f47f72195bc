package io.github.backdoor4j.core.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.github.backdoor4j.core.record.Options.Description;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OptionsDescribeTest {

  private static final SampleOptions DEFAULTS = SampleOptions.defaults();

  @Test
  void describe_listsEveryOption_inTheOrderOfTheRecord() {
    assertThat(Options.describe(DEFAULTS))
        .extracting(Description::name, Description::type, d -> d.value().toString())
        .contains(
            tuple("poison_ratio", "number", "0.1"),
            tuple("target_label", "integer", "0"),
            tuple("keep_model", "true | false", "false"),
            tuple("corner", "top-left | bottom-right", "\"bottom-right\""),
            tuple("caption", "text", "\"none\""),
            tuple("stages", "list", "[1,2]"),
            tuple("patch", "group", "{\"size\":3,\"opacity\":1.0}"),
            tuple("patch.size", "integer", "3"),
            tuple("patch.opacity", "number", "1.0"),
            tuple("training.epochs", "integer", "100"),
            tuple("training.optimizer.kind", "sgd | adam | adamw", "\"sgd\""),
            tuple("training.optimizer.learning_rate", "number", "0.01"),
            tuple(
                "training.schedule.kind",
                "constant | cosine | step | multi-step | plateau | linear-decay | cosine-per-step",
                "\"cosine\""),
            tuple("training.schedule.period", "integer", "100"),
            tuple("training.augmentation.crop_padding", "integer", "4"),
            tuple("offset", "integer", "5000000000"),
            tuple("fidelity", "paper | backdoorbench", "\"paper\""));
    assertThat(Options.describe(DEFAULTS))
        .extracting(Description::name)
        .startsWith("poison_ratio", "target_label", "keep_model")
        .endsWith("offset", "fidelity")
        .doesNotHaveDuplicates();
  }

  @Test
  void describe_givesTextAndRangeOfTheDocs() {
    Map<String, Description> byName = new HashMap<>();
    Options.describe(DEFAULTS).forEach(option -> byName.put(option.name(), option));

    assertThat(byName.get("poison_ratio").doc()).isEqualTo("share of poisoned images");
    assertThat(byName.get("poison_ratio").range()).isEqualTo("(0, 1]");
    assertThat(byName.get("patch.size").doc()).isEqualTo("side in pixels");
    assertThat(byName.get("patch.size").range()).isEqualTo("at least 1");
    assertThat(byName.get("offset").doc()).isEmpty();
    assertThat(byName.get("offset").range()).isEmpty();
  }

  /** What describe shows can be given back: each name is known and each value allowed. */
  @Test
  void describe_andBind_agreeOnEveryName() {
    for (Description option : Options.describe(DEFAULTS)) {
      assertThat(Options.bind("sample", DEFAULTS, Map.of(option.name(), option.value().toString())))
          .as(option.name())
          .isEqualTo(DEFAULTS);
    }
  }

  @Test
  void recordWithoutOptions_hasNone() {
    record Nothing() {}
    assertThat(Options.describe(new Nothing())).isEmpty();
    assertThatThrownBy(() -> Options.bind("nothing", new Nothing(), Map.of("x", "1")))
        .hasMessageContaining("'x'");
  }
}
