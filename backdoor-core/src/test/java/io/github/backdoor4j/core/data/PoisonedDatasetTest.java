package io.github.backdoor4j.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PoisonedDatasetTest {

  private TensorScope scope;
  private ImageDataset clean;

  @BeforeEach
  void makeCleanSet() {
    scope = TensorScope.open();
    clean = SampleImages.withLabels(3, new ImageShape(1, 1, 2), 0, 1, 2, 0); // 0 11 | 37 48 | …
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  private static Tensor pixels(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return Tensors.ofBytes(bytes, values.length / 2, 1, 1, 2);
  }

  private static long[] rows(long... rows) {
    return rows;
  }

  @Test
  void asDataset_putsTheChangeOverTheCleanSet() {
    PoisonedDataset set =
        new PoisonedDataset(clean, rows(1, 3), pixels(200, 201, 202, 203), rows(2, 2));

    ImageDataset given = set.asDataset();

    assertThat(Tensors.toLongs(given.images())).containsExactly(0, 11, 200, 201, 74, 85, 202, 203);
    assertThat(given.labelValues()).containsExactly(0, 2, 2, 2);
    assertThat(given.spec()).isEqualTo(clean.spec());
    assertThat(Tensors.toLongs(clean.images())).containsExactly(0, 11, 37, 48, 74, 85, 111, 122);
    assertThat(set.flags()).containsExactly(false, true, false, true);
  }

  @Test
  void asDataset_withoutPoison_isTheCleanSet() {
    PoisonedDataset set =
        new PoisonedDataset(clean, rows(), Tensors.rows(clean.images(), rows()), rows());

    assertThat(set.asDataset().contentHash()).isEqualTo(clean.contentHash());
    assertThat(set.flags()).containsOnly(false);
  }

  @Test
  void asDataset_outlivesTheScopeItWasMadeIn() {
    PoisonedDataset set = new PoisonedDataset(clean, rows(0), pixels(9, 8), rows(1));
    ImageDataset given;
    try (TensorScope inner = TensorScope.open()) {
      given = inner.keep(set.asDataset());
    }
    assertThat(Tensors.toLongs(given.images())).containsExactly(9, 8, 37, 48, 74, 85, 111, 122);
    assertThat(Tensors.toLongs(given.labels())).containsExactly(1, 1, 2, 0);
  }

  @Test
  void asDataset_withALabelThatIsNoClass_isRefused() {
    PoisonedDataset set = new PoisonedDataset(clean, rows(0), pixels(9, 8), rows(3));

    assertThatThrownBy(set::asDataset)
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("label 3", "0 to 2");
  }

  @Test
  void arrays_areCopies() {
    long[] rows = {0};
    long[] labels = {1};
    PoisonedDataset set = new PoisonedDataset(clean, rows, pixels(9, 8), labels);

    rows[0] = 3;
    labels[0] = 2;
    set.poisonedRows()[0] = 2;
    set.poisonedLabels()[0] = 2;
    set.flags()[1] = true;

    assertThat(set.poisonedRows()).containsExactly(0);
    assertThat(set.poisonedLabels()).containsExactly(1);
    assertThat(set.flags()).containsExactly(true, false, false, false);
  }

  @ParameterizedTest
  @CsvSource({"3, 1", "1, 1", "-1, 2", "2, 4"})
  void rows_thatDoNotAscendWithinTheSet_areRefused(long first, long second) {
    long[] rows = {first, second};

    assertThatThrownBy(() -> new PoisonedDataset(clean, rows, pixels(1, 2, 3, 4), rows(0, 0)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("[0, 4)");
  }

  @Test
  void numbersOfRowsImagesAndLabels_mustAgree() {
    assertThatThrownBy(() -> new PoisonedDataset(clean, rows(1), pixels(1, 2), rows(0, 0)))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("1 poisoned rows", "2 labels");
    assertThatThrownBy(() -> new PoisonedDataset(clean, rows(1, 2), pixels(1, 2), rows(0, 0)))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("2 poisoned rows", "[1, 1, 1, 2]");
  }

  @Test
  void images_ofAnotherShapeOrType_areRefused() {
    Tensor tall = Tensors.ofBytes(new byte[2], 1, 1, 2, 1);
    Tensor floats = pixels(1, 2).to(ScalarType.Float);

    assertThatThrownBy(() -> new PoisonedDataset(clean, rows(1), tall, rows(0)))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("[1, 1, 1, 2]", "[1, 1, 2, 1]");
    assertThatThrownBy(() -> new PoisonedDataset(clean, rows(1), floats, rows(0)))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("8-bit", "Float");
  }

  @Test
  void forEachTensor_visitsTheNewPixels() {
    Tensor images = pixels(9, 8);
    List<Tensor> visited = new ArrayList<>();

    new PoisonedDataset(clean, rows(0), images, rows(1)).forEachTensor(visited::add);

    assertThat(visited).containsExactly(images);
  }
}
