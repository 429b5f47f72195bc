package io.github.backdoor4j.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.UsageException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DatasetSpecTest {

  private static DatasetSpec spec(int channels, List<String> names, int means) {
    return new DatasetSpec(
        "made-up",
        new ImageShape(channels, 4, 5),
        names,
        Normalization.uniform(means, 0.5, 0.5),
        Augmentation.NONE);
  }

  @Test
  void classes_areCountedByName() {
    List<String> names = new ArrayList<>(List.of("cat", "dog", "eel"));
    DatasetSpec spec = spec(3, names, 3);
    names.clear();
    assertThat(spec.classes()).isEqualTo(3);
    assertThat(spec.classNames()).containsExactly("cat", "dog", "eel");
  }

  @Test
  void oneClass_isRefused() {
    assertThatThrownBy(() -> spec(3, List.of("cat"), 3))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("'made-up'", "two classes");
  }

  @Test
  void normalisationOfOtherChannels_isRefused() {
    assertThatThrownBy(() -> spec(3, List.of("cat", "dog"), 1))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("'made-up'", "1 channels", "have 3");
  }

  @Test
  void shape_countsItsValues_andReadsAsTheFieldWritesIt() {
    assertThat(new ImageShape(3, 4, 5).size()).isEqualTo(60);
    assertThat(new ImageShape(3, 4, 5)).hasToString("3x4x5");
  }

  @Test
  void shape_withoutPixels_isRefused() {
    assertThatThrownBy(() -> new ImageShape(0, 4, 5)).hasMessageContaining("channels");
    assertThatThrownBy(() -> new ImageShape(3, 0, 5)).hasMessageContaining("height");
    assertThatThrownBy(() -> new ImageShape(3, 4, -1))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("width", "-1", "at least 1");
  }
}
